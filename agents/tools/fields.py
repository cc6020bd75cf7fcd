"""One entry of a role's `tools`, as its file defines it. Pure."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

LONGEST_LIMIT_S = 600.0
ShortText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


def _is_spoken(line: str) -> str:
    if not any(letter.isalnum() for letter in line):
        raise ValueError("has no words")
    if set("{}") & set(line):
        raise ValueError("has a brace")
    return " ".join(line.split())


def is_web_address(text: str) -> bool:
    """Whether the text is an http:// or https:// address with a host, without a password and braces."""
    try:
        parts = urlsplit(text)
        has_port = parts.port is None or parts.port > 0  # raises if it is out of range
    except ValueError:
        return False
    is_whole = parts.scheme in ("http", "https") and bool(parts.hostname) and has_port
    return is_whole and "@" not in parts.netloc and not re.search(r"[\s{}]", text)


class ToolFields(BaseModel):
    """Fields that every kind of tool may have. Strict about unknown fields, like the rest of the roster."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit_s: float = Field(
        20.0,
        gt=0,
        le=LONGEST_LIMIT_S,
        allow_inf_nan=False,
        description=f"seconds that it may take, up to {LONGEST_LIMIT_S:.0f}, such as 10",
    )
    once: bool = Field(
        False, description="true for what must not happen twice in a call, such as a booking; or false"
    )
    confirm: bool = Field(False, description="true if the caller must have said yes to it first; or false")
    secret: tuple[ShortText, ...] = Field(
        (), description="the parameters whose values are kept nowhere, such as [card_number]"
    )
    from_keys: dict[str, str] = Field(
        default_factory=dict,
        description="parameters that the caller types, each with its name in keys, such as "
        "{number: customer_number}; the model neither sees nor fills them",
    )
    says: Annotated[str, AfterValidator(_is_spoken)] | None = Field(
        None, description="the words to the caller while it works, without placeholders"
    )


class PythonFields(ToolFields):
    """A LiveKit function tool in a Python file of the roster's folder."""

    python: ShortText = Field(
        description="a file of the roster's folder and an async function, such as tools/invoices.py:look_up"
    )


def _is_place(text: str) -> str:
    if "" in text.split(".") or text.startswith("$") or "[" in text:
        raise ValueError(f"{text[:40]!r} should be names and numbers with dots between them")
    return text


def _is_network(text: str) -> str:
    try:
        ip_network(text)
    except ValueError as error:
        raise ValueError(f"{text[:50]!r} is no network") from error
    return text


def _is_variable(text: str) -> str:
    if not VARIABLE.fullmatch(text):
        raise ValueError("should be the name of an environment variable, not the value itself")
    return text


def _is_header(text: str) -> str:
    if not _HEADER.fullmatch(text) or text.lower() in _SET_BY_BATON:
        raise ValueError(f"has {text[:40]!r}, which is no header that can be set")
    return text


_HEADER = re.compile(r"[A-Za-z0-9-]{1,100}")
_SET_BY_BATON = ("host", "content-length", "transfer-encoding", "connection", "idempotency-key")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
HeaderName = Annotated[str, AfterValidator(_is_header)]
Headers = dict[HeaderName, Annotated[str, AfterValidator(_is_variable)]]
HEADERS: Any = Field(
    default_factory=dict,
    description="headers, each with the environment variable that has its value, such as "
    "{Authorization: SHOP_AUTHORIZATION}",
)


class HttpCall(BaseModel):
    """What one HTTP request is made of."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ShortText = Field(description="the tool's name, for the model, such as order_state")
    description: Annotated[str, StringConstraints(strip_whitespace=True)] = Field(
        description="what it does and when it is used: the model chooses by these words"
    )
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = Field(
        "GET", description="GET, POST, PUT, PATCH or DELETE"
    )
    address: ShortText = Field(
        description="the address, with placeholders for parameters, such as "
        "https://shop.example.com/orders/{number}"
    )
    parameters: dict[str, Any] = Field(
        default_factory=lambda: {"type": "object", "properties": {}},
        description="a JSON schema of type object; what is no placeholder goes into the query, or into a "
        "JSON body with POST, PUT and PATCH",
    )
    headers: Headers = HEADERS
    keeps: tuple[Annotated[ShortText, AfterValidator(_is_place)], ...] = Field(
        (), description="the parts of a JSON answer that are kept, such as [state, items.0.name]"
    )
    networks: tuple[Annotated[str, AfterValidator(_is_network)], ...] = Field(
        (), description="private networks in which the host may be, such as [10.2.0.0/16]"
    )


class HttpFields(ToolFields):
    """One HTTP request."""

    http: HttpCall = Field(
        description="a request: name, description, method, address, parameters, headers, keeps, networks"
    )


class McpServer(BaseModel):
    """How an MCP server is reached."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    allow: tuple[ShortText, ...] = Field(
        min_length=1, description="the names of its tools that the role may use, such as [find_order]"
    )
    address: ShortText | None = Field(
        None, description="its address, such as https://shop.example.com/mcp; or write command"
    )
    command: tuple[ShortText, ...] | None = Field(
        None,
        min_length=1,
        description="the program and its arguments, such as [uvx, mcp-server-time]; it starts in the "
        "roster's folder",
    )
    headers: Headers = HEADERS
    environment: tuple[Annotated[str, AfterValidator(_is_variable)], ...] = Field(
        (), description="environment variables that the program is given, such as [SHOP_TOKEN]"
    )
    networks: tuple[Annotated[str, AfterValidator(_is_network)], ...] = Field(
        (), description="private networks in which the host may be, such as [10.2.0.0/16]"
    )

    @model_validator(mode="after")
    def _has_one_way(self) -> Self:
        if (self.address is None) == (self.command is None):
            raise ValueError("should have either an address or a command")
        if self.address is not None and not is_web_address(self.address):
            raise ValueError("has an invalid address; write https://HOST/PATH")
        idle = ("environment",) if self.command is None else ("headers", "networks")
        if found := [name for name in idle if getattr(self, name)]:
            has = "an address" if self.command is None else "a command"
            raise ValueError(f"has {found[0]}, which does nothing for {has}")
        return self


class McpFields(ToolFields):
    """Some of an MCP server's tools."""

    mcp: McpServer = Field(description="a server: allow, and address or command")


class OwnFields(ToolFields):
    """The rules for a function tool that the role's agent class already has."""

    own: ShortText = Field(description="a function tool of the role's agent class, such as book_table")


KINDS: dict[str, type[ToolFields]] = {
    "python": PythonFields,
    "http": HttpFields,
    "mcp": McpFields,
    "own": OwnFields,
}
"""The kinds of entry, by the field that an entry begins with."""
