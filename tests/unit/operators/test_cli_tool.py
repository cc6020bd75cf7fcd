"""`baton tool`: every role's own tools, and a try of one without a call."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from operators.cli import app
from operators.tool_uses import told_uses
from persistence.records import ToolUseState
from tests.api.test_metrics import a_use
from tests.contract.building import START, a_call
from tests.unit.agents.roster.spoilt import without_own_tools
from tests.unit.agents.roster.test_own_tools import HTTP, TOOLS


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A roster whose billing desk has a tool of each kind."""
    folder = tmp_path / "roster"
    without_own_tools(folder)
    (folder / "tools").mkdir()
    (folder / "tools" / "invoices.py").write_text(TOOLS, encoding="utf-8")
    entries = "tools/invoices.py:look_up", "tools/invoices.py:refund\n    once: true\n    secret: [note]"
    tools = "\n".join(["tools:", *(f"  - python: {entry}" for entry in entries)])
    server = "  - mcp: {command: [no-such-program], allow: [find_order]}"
    billing = folder / "billing.md"
    text = billing.read_text(encoding="utf-8")
    lines = "\n".join([HTTP.replace("tools:", tools), server, "accepts: always"])
    billing.write_text(text.replace("accepts: always", lines), encoding="utf-8")
    monkeypatch.setenv("BATON_ROSTER_FOLDER", str(folder))
    monkeypatch.setenv("SHOP_TOKEN", "Bearer s3cret")
    return folder


def tool(*words: str, typed: str = "") -> Result:
    return CliRunner().invoke(app, ["tool", *words], input=typed)


def test_tools_come_as_columns_with_their_rules(folder: Path) -> None:
    _, *rows = [line.split("\t") for line in tool("list").stdout.splitlines()]
    assert [row[:5] for row in rows] == [
        ["billing", "look_up", "python", "20 s", ""],
        ["billing", "refund", "python", "20 s", "once, secret note"],
        ["billing", "order_state", "http", "3 s", ""],
        ["billing", "find_order", "mcp", "20 s", ""],
    ]
    assert "s3cret" not in tool("list", "--json").stdout


def test_a_tool_is_tried_with_arguments_as_they_are_typed(folder: Path) -> None:
    told = tool("try", "billing", "look_up", "number=4711")
    assert told.stdout.splitlines()[1] == "invoice 4711"
    assert told.exit_code == 0
    assert json.loads(tool("try", "billing", "look_up", "number=1", "--json").stdout)["state"] == "done"


def test_what_must_not_happen_twice_is_asked_for_first(folder: Path) -> None:
    assert tool("try", "billing", "refund", "number=1", typed="n\n").exit_code == 1
    assert "done after" in tool("try", "billing", "refund", "number=1", typed="y\n").stdout
    assert tool("try", "billing", "refund", "number=1", "--yes").stdout.splitlines()[1].startswith("try-")


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("look_up", "number=x"), 2, 'look_up: number: type should be "integer"; write number=VALUE'),
        (("look_up", "nummer=1"), 2, "look_up: 'nummer=1' is no argument; write number=VALUE"),
        (("look_down",), 2, "TOOL: billing has no tool 'look_down'; use one of find_order, look_up"),
        (
            ("find_order", "number=1"),
            1,
            "the MCP server is not reached (FileNotFoundError); start it, or correct",
        ),
    ],
)
def test_what_cannot_be_tried_is_one_line(folder: Path, words: tuple[str, ...], code: int, told: str) -> None:
    result = tool("try", "billing", *words)
    assert (result.exit_code, told in result.stderr) == (code, True)


def test_what_the_calls_end_left_open_is_unknown() -> None:
    call = a_call()
    use = replace(a_use(call), state=ToolUseState.BEGUN)
    assert told_uses([use], call) == [(use, ToolUseState.BEGUN)]
    assert told_uses([use], replace(call, ended_at=START)) == [(use, ToolUseState.UNKNOWN)]
