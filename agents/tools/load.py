"""Reads a role's own tools. Every mistake names file and line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from agents.tools.checks import check_name, check_tool, unknown_parameter
from agents.tools.fields import (
    KINDS,
    HttpFields,
    McpFields,
    McpServer,
    OwnFields,
    PythonFields,
    ToolFields,
)
from agents.tools.http_tool import http_tool
from agents.tools.own_agent import OwnAgent
from agents.tools.own_tool import OwnTool, Policy
from agents.tools.refused import Refused
from agents.tools.tool_server import ToolServer
from errors import BadInput, Mistakes
from settings import given

Bad = Callable[[Sequence[str | int], str, str], BadInput]
"""Makes the error for a place in the file."""


def kind_of(entry: Mapping[str, Any]) -> type[ToolFields] | None:
    """Return the model of an entry's fields, by the field that says its kind; None if no field does."""
    return next((model for kind, model in KINDS.items() if kind in entry), None)


def load_agent(folder: Path, named: str, where: str, bad: Bad) -> OwnAgent:
    """Load the class that a role's `agent` names. Raises: BadInput."""
    # Imported here: see _made.
    from agents.tools.agent_class import load_agent_class

    try:
        return load_agent_class(folder, named, policy_of(ToolFields()), where)
    except Refused as refused:
        raise bad(("agent",), refused.wrong, refused.right) from refused


def ruled_agent(own: OwnAgent, entries: Mapping[int, ToolFields], bad: Bad) -> OwnAgent:
    """Apply the rules that `tools` has for the class's own tools. Raises: BadInput, with all mistakes."""
    mistakes, known = Mistakes(), {tool.name: tool for tool in own.tools}
    policies: dict[str, Policy] = {}
    for number, fields in entries.items():
        if not isinstance(fields, OwnFields):
            continue
        with mistakes.collecting():
            if fields.own not in known:
                has = f"its function tools are: {', '.join(known) or 'none'}"
                raise bad(("tools", number, "own"), f"{own.cls.__name__} has no {fields.own!r}", has)
            if fields.own in policies:
                raise bad(("tools", number, "own"), f"{fields.own} is there twice", "keep one")
            _check_parameters(known[fields.own], fields, number, bad)
            policies[fields.own] = policy_of(fields)
    mistakes.tell()
    return own.ruled_by(policies)


def load_tools(
    folder: Path,
    entries: Mapping[int, ToolFields],
    where: Callable[[Sequence[str | int]], str],
    bad: Bad,
    *,
    taken: Iterable[str] = (),
) -> tuple[tuple[OwnTool, ...], tuple[ToolServer, ...]]:
    """Load one role's tools, and the MCP servers that have more. `entries`: by their place in the list.

    The tools of its agent class are not included: see `ruled_agent`.

    `taken`: the names of the agent class's tools. Raises: BadInput, with all mistakes.
    """
    mistakes, names = Mistakes(), {*taken}
    tools: list[OwnTool] = []
    servers: list[ToolServer] = []
    for number, fields in entries.items():
        if isinstance(fields, OwnFields):
            continue
        with mistakes.collecting():
            made = _checked(folder, fields, where(("tools", number)), number, bad)
            for name in made.allow if isinstance(made, ToolServer) else (made.name,):
                if name in names:
                    raise bad(("tools", number), f"{name} is there twice", "keep one, or rename the other")
                names.add(name)
            if isinstance(made, ToolServer):
                servers.append(made)
            else:
                tools.append(made)
    mistakes.tell()
    return tuple(tools), tuple(servers)


def _checked(folder: Path, fields: ToolFields, where: str, number: int, bad: Bad) -> OwnTool | ToolServer:
    place = ("tools", number)
    try:
        made = _made(folder, fields, where)
        if isinstance(made, OwnTool):
            check_tool(made.name, made.description, made.parameters)
    except Refused as refused:
        raise bad((*place, *refused.field), refused.wrong, refused.right) from refused
    if isinstance(made, OwnTool):
        _check_parameters(made, fields, number, bad)
    elif fields.from_keys:
        right = "write it for a tool of the kind python:, http: or own:"
        raise bad((*place, "from_keys"), "from_keys does not work for tools of an MCP server", right)
    return made


def _check_parameters(tool: OwnTool, fields: ToolFields, number: int, bad: Bad) -> None:
    """Check that the parameters in `secret` and `from_keys` exist. Raises: BadInput."""
    for field, named in (("secret", fields.secret), ("from_keys", tuple(fields.from_keys))):
        if unknown := unknown_parameter(named, tool.parameters):
            known = ", ".join(tool.parameters["properties"]) or "none"
            place = ("tools", number, field)
            raise bad(place, f"{tool.name} has no parameter {unknown!r}", f"its parameters are: {known}")


def _made(folder: Path, fields: ToolFields, where: str) -> OwnTool | ToolServer:
    """Make the tool or server of one entry. Raises: Refused."""
    policy = policy_of(fields)
    if isinstance(fields, HttpFields):
        return http_tool(fields.http, values_of(fields.http.headers, "http"), policy, where)
    if isinstance(fields, McpFields):
        return _server(folder, fields.mcp, policy, where)
    # Imported here: it needs LiveKit, which is slow to import, and most programs load no Python tools.
    from agents.tools.python_tool import load_python_tool

    assert isinstance(fields, PythonFields)
    return load_python_tool(folder, fields.python, policy, where)


def _server(folder: Path, fields: McpServer, policy: Policy, where: str) -> ToolServer:
    for name in fields.allow:
        check_name(name, field=("mcp", "allow"))
    environment = {variable: given(variable) for variable in fields.environment}
    for variable, value in environment.items():
        if not value:
            right = "set it in the environment or in .env"
            raise Refused(f"{variable} is not set", right, field=("mcp", "environment"))
    return ToolServer(
        policy=policy,
        where=where,
        folder=folder,
        allow=fields.allow,
        address=fields.address or "",
        command=fields.command or (),
        headers=values_of(fields.headers, "mcp"),
        environment=environment,
        networks=fields.networks,
    )


def values_of(headers: Mapping[str, str], kind: str) -> dict[str, str]:
    """Return the headers with the values of their environment variables. Raises: Refused."""
    values = {header: given(variable) for header, variable in headers.items()}
    for header, value in values.items():
        variable = headers[header]
        if not value:
            right = "set it in the environment or in .env"
            # In lower case, it may be the value itself, written in place of the variable.
            what = variable if variable.isupper() else f"the variable that {header} names"
            raise Refused(f"{what} is not set", right, field=(kind, "headers", header))
        if not (value.isascii() and value.isprintable()):
            wrong = f"{variable} has characters that a header cannot have"
            raise Refused(wrong, "correct it", field=(kind, "headers", header))
    return values


def policy_of(fields: ToolFields) -> Policy:
    return Policy(
        limit_s=fields.limit_s,
        once=fields.once,
        confirm=fields.confirm,
        secret=frozenset(fields.secret),
        says=fields.says,
        from_keys=fields.from_keys,
    )
