"""A role's own tools in Python: loaded from the roster's folder unchanged, or refused with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.roster.role import Role
from agents.roster.roster import load_roster
from errors import BadInput
from persistence.records import RoleName
from tests.unit.agents.roster.spoilt import VOICES, without_own_tools

TOOLS = '''
import asyncio
from typing import Annotated

from livekit.agents import RunContext, function_tool
from pydantic import Field


@function_tool
async def look_up(context: RunContext, number: Annotated[int, Field(description="of the invoice")]) -> str:
    """Looks up an invoice."""
    return f"invoice {number}"


async def refund(number: int, idempotency_key: str, note: str = "") -> str:
    """Pays an invoice back.

    Args:
        number: the invoice's number
    """
    return idempotency_key


@function_tool
async def nameless(number: int) -> str:
    return ""


def slow(number: int) -> str:
    """Not async."""
    return ""


async def starred(*numbers: int) -> str:
    """Takes any number of numbers."""
    return ""


@function_tool(raw_schema={"name": "fieldless", "description": "Asks.", "parameters": {"properties": None}})
async def fieldless(raw_arguments: dict[str, object]) -> str:
    return ""
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    without_own_tools(tmp_path / "roster")
    (tmp_path / "roster" / "tools").mkdir()
    (tmp_path / "roster" / "tools" / "invoices.py").write_text(TOOLS, encoding="utf-8")
    (tmp_path / "outside.py").write_text(TOOLS, encoding="utf-8")
    return Path("roster")


def billing_with(folder: Path, tools: str) -> Role:
    """Return the billing desk with these lines before `accepts`, which is line 8 of its file."""
    path = folder / "billing.md"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("accepts: always", f"{tools}\naccepts: always"), encoding="utf-8")
    return load_roster(folder, voices=VOICES).role(RoleName("billing"))


def test_a_livekit_tool_is_described_by_its_docstring_and_types(folder: Path) -> None:
    role = billing_with(folder, "tools:\n  - python: tools/invoices.py:look_up\n    limit_s: 7")
    (tool,) = role.own_tools
    assert (tool.name, tool.description, tool.policy.limit_s) == ("look_up", "Looks up an invoice.", 7)
    assert tool.parameters["properties"] == {
        "number": {"description": "of the invoice", "title": "Number", "type": "integer"}
    }
    assert tool.misfit({"number": 1}) is None
    assert tool.misfit({"number": "secret words"}) == 'number: type should be "integer"'
    assert role.tools == ("transfer_call", "end_call"), "its own tools take nothing away"
    assert tool.where == "roster/billing.md:9"


def test_the_idempotency_key_is_batons_to_fill_in(folder: Path) -> None:
    role = billing_with(
        folder,
        "tools:\n  - end_call\n  - python: tools/invoices.py:refund\n    once: true\n    secret: [note]",
    )
    (tool,) = role.own_tools
    assert set(tool.parameters["properties"]) == {"number", "note"}
    assert tool.policy.once
    assert role.tools == ("end_call",)
    assert tool.masked({"number": 1, "note": "my PIN"}) == {"number": 1, "note": "•••"}


FILE = "python: tools/invoices.py"
HTTP = "- http: {{name: a, description: Asks., {}}}"
BAD = [
    (f"- {FILE}:nameless", 9, "nameless has no description; say in words what it does"),
    (f"- {FILE}:slow", 9, "slow in tools/invoices.py is not async; write it as async def"),
    (f"- {FILE}:look_upp", 9, "tools/invoices.py has no function look_upp; write look_up"),
    (
        "- python: ../outside.py:look_up",
        9,
        "../outside.py is outside the roster's folder; put it into roster",
    ),
    ("- python: other/nothing_here.py:look_up", 9, "other/nothing_here.py is missing; put it into roster"),
    ("- python: look_up", 9, "'look_up' names no function; write FILE.py:FUNCTION"),
    (f"- {FILE}:look_up\n  - {FILE}:look_up", 10, "look_up is there twice; keep one"),
    (f"- {FILE}:look_up\n    limit_s: 0", 10, "limit_s should be greater than 0; write seconds"),
    (f"- {FILE}:look_up\n    limits: 3", 10, "unknown field 'limits'; write limit_s"),
    (
        f"- {FILE}:look_up\n    secret: [pin]",
        10,
        "look_up has no parameter 'pin'; its parameters are: number",
    ),
    (f"- {FILE}:look_up\n    says: '{{number}}'", 10, "says has a brace; write the words to the caller"),
    (f"- {FILE}:starred", 9, "starred takes *numbers, which has no name for the model to fill"),
    (f"- {FILE}:fieldless", 9, "the parameters of fieldless are no object; write type: object"),
    ("- python: tools/invoice.py:look_up", 9, "tools/invoice.py is missing; write tools/invoices.py"),
    ("- mcp: {command: [x], allow: ['*']}", 9, "'*' is no name for a tool; write up to 64 of a to z"),
    ("- mcp: {command: [x], allow: [a], headers: {A: B}}", 9, "mcp has headers, which does nothing for a"),
    ("- mcp: {address: 'https://a:99999', allow: [a]}", 9, "mcp has an invalid address"),
    ("- mcp: {command: [x], allow: [end_call]}", 9, "end_call is a tool of Baton's own; give it another"),
    (HTTP.format("address: 'https://a/{x'"), 9, "the address has a single brace; write a placeholder"),
    (HTTP.format("address: 'https://a:99999'"), 9, "the address is no web address; write https://"),
    (HTTP.format("address: https://a, limit_s: 3"), 9, "unknown field 'limit_s'; write it beside http"),
    (HTTP.format("address: https://a, headers: {Host: B}"), 9, "http.headers has 'Host', which is no header"),
    (HTTP.format("address: https://a, keeps: ['$.b']"), 9, "http.keeps '$.b' should be names and numbers"),
    (HTTP.format("address: https://a, headers: {A: sk_live_1}"), 9, "the variable that A names is not set"),
    ("- limit_s: 3", 9, "a tool does not say what it is; begin it with python: or http: or mcp:"),
]


@pytest.mark.parametrize(("tools", "line", "told"), BAD)
def test_a_tool_that_cannot_be_used_is_refused_with_its_line(
    folder: Path, tools: str, line: int, told: str
) -> None:
    with pytest.raises(BadInput) as refused:
        billing_with(folder, f"tools:\n  {tools}")
    assert str(refused.value).startswith(f"roster/billing.md:{line}: {told}")


RAW = """
from functools import partial
from livekit.agents import function_tool

def raw(parameters, description="Looks it up."):
    return function_tool(raw_schema={"name": "raw", "description": description, "parameters": parameters})

"""
PYTHON = [
    (
        "async def parts(number: int):\n    'Looks it up.'\n    yield 1\nfound = parts",
        "found in tools/more.py yields its answer in parts; return the whole answer",
    ),
    (
        "@function_tool\ndef found(number: int) -> str:\n    'Looks it up.'",
        "found in tools/more.py is not async; write it as async def",
    ),
    (
        "async def look(number: int, day: int) -> str:\n    'Looks it up.'\nfound = partial(look, day=1)",
        "found in tools/more.py is not async; write it as async def",
    ),
    (
        "@raw({'type': 'object'})\nasync def found(raw_arguments): ...",
        "raw has a raw schema, and takes raw_arguments; let it take raw_arguments: dict[str, object]",
    ),
    (
        "@raw(None)\nasync def found(raw_arguments: dict): ...",
        "the parameters of raw are no object; write type: object",
    ),
    (
        "@raw({'type': 'object'}, 5)\nasync def found(raw_arguments: dict): ...",
        "raw has no description; say in words what it does",
    ),
    (
        "@raw({'type': 'object'})\nasync def found(raw_arguments: dict, idempotency_key: str): ...",
        "raw has a raw schema, and takes raw_arguments, idempotency_key; let it take raw_arguments",
    ),
    (
        "@raw({'type': 'object', 'properties': {'n': {'$ref': '#/$defs/number'}}})\n"
        "async def found(raw_arguments: dict): ...",
        "the parameters of raw refer to '#/$defs/number', which is not there; point into the schema itself",
    ),
    (
        "@raw({'type': 'object', 'properties': {'n': {'items': [{'$ref': 'http://127.0.0.1/n.json'}]}}})\n"
        "async def found(raw_arguments: dict): ...",
        "the parameters of raw are no JSON schema (properties.n.items)",
    ),
    (
        "@raw({'type': 'object', 'properties': {'n': {'anyOf': [{'$ref': 'http://127.0.0.1/n.json'}]}}})\n"
        "async def found(raw_arguments: dict): ...",
        "the parameters of raw refer to 'http://127.0.0.1/n.json', which is not there; point into",
    ),
    (
        "@raw({'type': 'object', 'properties': {'n': {'type': 'string', 'pattern': '('}}})\n"
        "async def found(raw_arguments: dict): ...",
        "the parameters of raw are no JSON schema (properties.n.pattern)",
    ),
]


@pytest.mark.parametrize(("python", "told"), PYTHON)
def test_a_function_that_livekit_could_not_call_is_refused(folder: Path, python: str, told: str) -> None:
    (folder / "tools" / "more.py").write_text(RAW + python, encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        billing_with(folder, "tools:\n  - python: tools/more.py:found")
    assert str(refused.value).startswith(f"roster/billing.md:9: {told}")


@pytest.mark.parametrize(
    ("python", "told"),
    [
        ("import nothing_of_this_name", "(ModuleNotFoundError: No module named"),
        ("raise BaseException('away')", "(BaseException: away)"),
        ("raise SystemExit(3)", "(SystemExit: 3)"),
    ],
)
def test_a_file_that_python_cannot_import_is_told_with_its_error(
    folder: Path, python: str, told: str
) -> None:
    (folder / "tools" / "invoices.py").write_text(python, encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        billing_with(folder, f"tools:\n  - {FILE}:look_up")
    assert f".py:1 cannot be loaded {told}" in str(refused.value)


def test_all_mistakes_of_a_roster_are_told_at_once(folder: Path) -> None:
    with pytest.raises(BadInput) as refused:
        billing_with(folder, f"tools:\n  - {FILE}:slow\n  - {FILE}:nameless\nfly: 3")
    assert [line.split(":")[1] for line in str(refused.value).split("\n")] == ["11", "9", "10"]


HTTP = """tools:
  - http:
      name: order_state
      description: Tells the state of an order.
      address: https://shop.example.com/orders/{number}
      parameters:
        type: object
        properties:
          number: {type: integer, minimum: 1, enum: [1, 2]}
        required: [number]
      headers: {Authorization: SHOP_TOKEN}
    limit_s: 3"""


def test_an_http_tool_has_its_schema_with_numbers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "Bearer s3cret")
    (tool,) = billing_with(folder, HTTP).own_tools
    assert tool.parameters["properties"]["number"] == {"type": "integer", "minimum": 1, "enum": [1, 2]}
    assert tool.misfit({"number": 1, "extra": 2}) is not None
    assert "s3cret" not in repr(tool)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("SHOP_TOKEN", "SHOP_TOKEN_2", "18: SHOP_TOKEN_2 is not set; set it in the environment or in .env"),
        ("SHOP_TOKEN", "Bearer abc", "18: http.headers should be the name of an environment"),
        ("https://", "gopher://", "12: the address is no web address; write https://HOST/PATH"),
        ("{number}", "{order}", "12: the address has {order}; list order in properties and in required"),
        (
            "type: object",
            "type: string",
            "13: the parameters of order_state are no object",
        ),
        ("integer", "number-like", "13: the parameters of order_state are no JSON schema"),
        (
            "type: integer",
            "$ref: https://x.example/",
            "13: the parameters of order_state refer to 'https://x.",
        ),
        ("order_state\n", "end_call\n", "10: end_call is a tool of Baton's own; give it another name"),
        ("order_state\n", "order state\n", "10: 'order state' is no name for a tool; write up to 64"),
        ("Tells the state of an order.", "…", "11: order_state has no description; say in words"),
        ("limit_s: 3", "method: GET", "19: unknown field 'method'; write "),
    ],
)
def test_an_http_tool_that_cannot_be_used_is_refused_with_its_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, before: str, after: str, told: str
) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "Bearer s3cret")
    with pytest.raises(BadInput) as refused:
        billing_with(folder, HTTP.replace(before, after))
    assert str(refused.value).startswith(f"roster/billing.md:{told}")
