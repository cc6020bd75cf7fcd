"""Assembles tool calls from a stream's deltas and checks them. Pure: no I/O, no clock."""

from __future__ import annotations

import uuid
from collections.abc import Set
from dataclasses import dataclass
from typing import Any

from groq.types.chat.chat_completion_chunk import ChoiceDeltaToolCall
from livekit.agents.llm import FunctionToolCall
from pydantic import TypeAdapter, ValidationError

from agents.groq.errors import BadAnswer, Fault

_OBJECT: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])


@dataclass(slots=True)
class _PartialCall:
    index: int | None
    call_id: str = ""
    name: str = ""
    arguments: str = ""


class ToolCallAssembler:
    """Groups deltas by index and id: a new id under the same index starts a new call."""

    def __init__(self) -> None:
        self._calls: list[_PartialCall] = []

    def __bool__(self) -> bool:
        return bool(self._calls)

    def add(self, delta: ChoiceDeltaToolCall) -> None:
        """Add one delta. The name may come with any delta, and one delta may hold the whole call."""
        call = self._call_of(delta)
        call.call_id = call.call_id or delta.id or ""
        if delta.function is not None:
            call.name = call.name or delta.function.name or ""
            call.arguments += delta.function.arguments or ""

    def checked(self, offered: Set[str], *, cut: bool = False) -> list[FunctionToolCall]:
        """Return all calls, in the order in which they started.

        `cut`: the token limit ended the response, perhaps within its last call, which is then left out.
        Raises: BadAnswer, when a call's name was not offered or its arguments are not a JSON object.
        """
        if cut and self._calls and not _is_object(self._calls[-1].arguments):
            self._calls.pop()
        return [_checked(call, offered) for call in self._calls]

    def _call_of(self, delta: ChoiceDeltaToolCall) -> _PartialCall:
        for call in reversed(self._calls):
            same_id = bool(delta.id) and call.call_id == delta.id
            if same_id or (call.index == delta.index and not (delta.id and call.call_id)):
                return call
        self._calls.append(_PartialCall(delta.index))
        return self._calls[-1]


def _checked(call: _PartialCall, offered: Set[str]) -> FunctionToolCall:
    arguments = call.arguments.strip() or "{}"
    if not _is_object(arguments) or call.name not in offered:
        raise BadAnswer(Fault.TOOL_USE)
    return FunctionToolCall(
        name=call.name, arguments=arguments, call_id=call.call_id or f"call_{uuid.uuid4().hex}"
    )


def _is_object(arguments: str) -> bool:
    """Whether this is JSON for an object. The error goes no further: it may hold the caller's words."""
    try:
        _OBJECT.validate_json(arguments)
    except ValidationError:
        return False
    return True
