"""LiveKit's function tools at work: parameters have their declared types, and every end is in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from livekit.agents.llm import ToolResult

from agents.tools.own_tool import MaybeDone, NotDone, OwnTool, Policy, Use
from agents.tools.python_tool import load_python_tool
from agents.tools.trying import _context

TOOLS = '''
import sys
from datetime import date
from enum import Enum
from typing import Literal

from livekit.agents import Agent, RunContext, StopResponse, ToolError, function_tool
from pydantic import BaseModel


class Size(Enum):
    SMALL = "small"
    LARGE = "large"


class Item(BaseModel):
    name: str
    sizes: list[Size] = []


@function_tool
async def order(context: RunContext, items: list[Item], how: Literal["post", "van"] = "post",
                day: date | None = None) -> dict:
    """Orders things."""
    return {"items": [(type(item).__name__, item.sizes) for item in items], "how": how, "day": day,
            "tool": context.function_call.name}


@function_tool(raw_schema={"name": "raw", "description": "Does it.", "parameters": {
    "type": "object", "properties": {"what": {"type": "string"}, "idempotency_key": {"type": "string"}},
    "required": ["what", "idempotency_key"]}})
async def raw(raw_arguments: dict[str, object], context: RunContext) -> object:
    return raw_arguments, context.function_call.name


async def ends(how: str) -> object:
    """Ends in one way or another."""
    if how == "error":
        raise ToolError("no such order")
    if how == "stop":
        raise StopResponse()
    if how == "exit":
        sys.exit(1)
    return Agent(instructions="x"), "over to them"
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tools.py").write_text(TOOLS, encoding="utf-8")
    return tmp_path


def loaded(folder: Path, name: str) -> OwnTool:
    return load_python_tool(folder, f"tools.py:{name}", Policy(5.0), "x.md:1")


async def used(tool: OwnTool, **arguments: Any) -> Any:
    assert tool.misfit(arguments) is None
    return await tool.work(arguments, Use(_context(tool, arguments), "key-1"))


async def test_parameters_come_as_their_types_say(folder: Path) -> None:
    order = loaded(folder, "order")
    answer = await used(order, items=[{"name": "router", "sizes": ["small"]}], day="2026-11-28")
    (kind, (size,)) = answer["items"][0]
    assert (kind, size.value) == ("Item", "small")
    assert (answer["how"], str(answer["day"]), answer["tool"]) == ("post", "2026-11-28", "order")
    assert order.misfit({"items": [{"name": 1}]}) == 'items.0.name: type should be "string"'
    assert order.misfit({"items": [], "how": "plane"}) == 'how: enum should be ["post", "van"]'


async def test_what_only_the_type_knows_is_told_without_the_value(folder: Path) -> None:
    with pytest.raises(NotDone, match="the arguments do not fit: day: Input should be") as refused:
        await used(loaded(folder, "order"), items=[], day="the day after Anna's birthday")
    assert "Anna" not in str(refused.value)


async def test_a_raw_tool_is_given_its_arguments_its_key_and_the_context(folder: Path) -> None:
    raw = loaded(folder, "raw")
    assert set(raw.parameters["properties"]) == {"what"}
    assert await used(raw, what="it") == ({"what": "it", "idempotency_key": "key-1"}, "raw")


@pytest.mark.parametrize(
    ("how", "ends", "words"),
    [
        ("error", NotDone, "no such order"),
        ("exit", MaybeDone, "it broke off"),
        ("agent", MaybeDone, "use transfer_call"),
    ],
)
async def test_whatever_it_raises_or_returns_ends_in_words(
    folder: Path, how: str, ends: type[Exception], words: str
) -> None:
    with pytest.raises(ends, match=words):
        await used(loaded(folder, "ends"), how=how)


async def test_a_tool_may_ask_for_no_reply(folder: Path) -> None:
    assert await used(loaded(folder, "ends"), how="stop") == ToolResult(None, reply_required=False)
