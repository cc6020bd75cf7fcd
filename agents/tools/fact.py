"""The fact that a use of a tool leaves behind for the agent that continues the call. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from persistence.records import ToolUse, ToolUseState
from transfer.protocol import Fact, one_line

ASK_FOR_DIGITS = "ask_for_digits"
"""Baton's own tool, whose answer is what the caller typed."""
PRESS_KEYS = "press_keys"
MOST_FACTS = 10
"""The most facts kept: all of them go to the next desk in one message."""
_OPEN_ENDS = {
    ToolUseState.BEGUN: "has begun, and it is not known yet whether it was done; not to be done again",
    ToolUseState.LATE: "has begun, and it is not known whether it was done; not to be done again",
    ToolUseState.UNKNOWN: "has begun, and it is not known whether it was done; not to be done again",
    ToolUseState.FAILED: "did not work: it was not done",
}


def fact_of(use: ToolUse, state: ToolUseState, answer: str) -> Mapping[str, Fact]:
    """Return the fact by its name; empty if the use is not done and the tool may be used again."""
    if use.tool == ASK_FOR_DIGITS:
        typed = {str(json.loads(use.arguments)["name"]): Fact(value=answer, source="keys")}
        return typed if state is ToolUseState.DONE else {}
    if state is ToolUseState.DONE:
        return {_name(use): _told(answer or "done")}
    return {_name(use): _told(_OPEN_ENDS.get(state, _OPEN_ENDS[ToolUseState.UNKNOWN]))} if use.once else {}


def facts_of_uses(uses: Iterable[ToolUse]) -> dict[str, Fact]:
    """Return the latest facts, the oldest first."""
    facts: dict[str, Fact] = {}
    for use in uses:
        facts |= fact_of(use, use.state, use.answer)
    return dict(list(facts.items())[-MOST_FACTS:])


def _told(value: str) -> Fact:
    return Fact(value=value, source="tool")


def _name(use: ToolUse) -> str:
    arguments = json.loads(use.arguments)
    said = ", ".join(f"{name} {value}" for name, value in arguments.items())
    return one_line(f"{use.tool} ({said})") if said else use.tool
