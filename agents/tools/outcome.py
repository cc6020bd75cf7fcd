"""How a use of a tool ended. Pure."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from livekit.agents.llm import ToolResult

from agents.tools.own_tool import MaybeDone, NotDone, OwnTool, answer_text, cut
from persistence.records import ToolUseState


@dataclass(frozen=True, slots=True)
class Outcome:
    """`answer` is cut, and without secrets. `why`: fields for the log, without anything that was said.

    `reply`: whether the model should say something about it.
    """

    state: ToolUseState
    answer: str = ""
    reply: bool = True
    why: Mapping[str, str] = field(default_factory=dict)


def outcome_of(work: asyncio.Future[object], tool: OwnTool, arguments: Mapping[str, Any]) -> Outcome:
    """Return the outcome of work that is over, or late."""
    if not work.done():
        return Outcome(ToolUseState.LATE)
    if work.cancelled():
        return Outcome(ToolUseState.UNKNOWN)
    if (error := work.exception()) is not None:
        return _failed(error, tool, arguments)
    answer, reply = work.result(), True
    if isinstance(answer, ToolResult):
        answer, reply = answer.output, answer.reply_required
    text = "" if answer is None else _told(answer, tool, arguments)
    return Outcome(ToolUseState.DONE, text, reply)


def _told(answer: object, tool: OwnTool, arguments: Mapping[str, Any]) -> str:
    return cut(tool.without_secrets(answer_text(answer), arguments))


def _failed(error: BaseException, tool: OwnTool, arguments: Mapping[str, Any]) -> Outcome:
    """Return an error's outcome: UNKNOWN for a tool with `once`, which may be done, unless it is NotDone."""
    foreseen = isinstance(error, NotDone | MaybeDone)
    said = _told(str(error), tool, arguments) if foreseen else ""
    open_end = tool.policy.once and not isinstance(error, NotDone)
    state = ToolUseState.UNKNOWN if open_end else ToolUseState.FAILED
    return Outcome(state, said, why={"error": type(error.__cause__ or error).__name__, "at": place_of(error)})


def place_of(error: BaseException) -> str:
    """Return where an error was raised, such as invoices.py:12."""
    frames = traceback.extract_tb((error.__cause__ or error).__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
