"""The model helps a caller who waits in a person's queue: it answers what they say, or ends the wait."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from livekit.agents import APIError
from livekit.agents.llm import (
    LLM,
    ChatContext,
    ChatMessage,
    CollectedResponse,
    RawFunctionTool,
    Tool,
    ToolContext,
    execute_function_call,
    function_tool,
)

from agents.groq.tts.sentences import part_of
from agents.people.news_of_wait import place_in_line
from agents.roster.checked import fill
from agents.roster.model_words import NoteWords, ToolWords
from agents.roster.shared_prompts import HouseLines
from agents.roster.waiting_lines import place_line, wait_line
from errors import StoreError, VoiceFailed
from persistence.contract.people import PeopleStore
from persistence.people import EntryState
from persistence.records import CallId
from transfer.ports import Clock, Help

log = logging.getLogger(__name__)

TOOL = "stop_waiting"

_LIMIT_S = 12.0
"""How long it may take until an answer can be spoken; the caller hears music meanwhile."""
_LOOKUPS = 2
"""How often the model may look something up for one answer."""
_LONGEST = 320
"""The most characters of an answer: 20 s of speech. A caller who waits is not read a chapter."""


@dataclass(frozen=True, slots=True)
class Thinking:
    """The model of the role that holds the call, and what it knows. `tools`: they only look things up."""

    llm: LLM[Any]
    instructions: str
    context: ChatContext
    tools: Sequence[Tool]


@dataclass(frozen=True, slots=True)
class WaitingHelp:
    """Help for one call and one target, whose spoken name is `target`.

    `thinking` returns the model's state when the caller speaks; None: somebody else speaks with them.
    `prepare` renders a line, so that it can be spoken at once, or raises VoiceFailed.
    """

    store: PeopleStore
    clock: Clock
    call: CallId
    target: str
    lines: HouseLines
    notes: NoteWords
    words: ToolWords
    thinking: Callable[[], Thinking | None]
    prepare: Callable[[str], Awaitable[None]]

    async def answer(self, said: Sequence[str]) -> Help | None:
        """Return the answer to a caller's words. None: model or voice failed, or somebody else speaks."""
        thinking = self.thinking()
        if thinking is None:
            return None
        try:
            async with asyncio.timeout(_LIMIT_S):
                help_ = await self._thought(thinking, said)
                if help_.words:
                    await self.prepare(help_.words)
        except (APIError, VoiceFailed, TimeoutError) as error:
            log.warning("a caller who waits was not answered", extra={"error": type(error).__name__})
            return None
        return help_

    async def _thought(self, thinking: Thinking, said: Sequence[str]) -> Help:
        """Raises: APIError."""
        note = fill(self.notes.in_line, target=self.target, standing=await self._standing())
        context = ChatContext(
            [
                ChatMessage(role="system", content=[thinking.instructions]),
                *thinking.context.copy(exclude_instructions=True).items,
                ChatMessage(role="system", content=[note]),
                ChatMessage(role="user", content=[" ".join(said)]),
            ]
        )
        thought = await self._asked(thinking, context, [_stop_waiting(self.words), *thinking.tools])
        if any(call.name == TOOL for call in thought.tool_calls):
            return Help(_short(thought.text), stops=True)
        for left in reversed(range(_LOOKUPS)):
            if not thought.tool_calls:
                break
            for asked in thought.tool_calls:
                found = await execute_function_call(asked, ToolContext([*thinking.tools]))
                context.items += [found.fnc_call, found.fnc_call_out]
            # Without stop_waiting: the context now has a document's words, which must not end anybody's wait.
            thought = await self._asked(thinking, context, thinking.tools if left else ())
        return Help(_short(thought.text))

    async def _asked(
        self, thinking: Thinking, context: ChatContext, tools: Sequence[Tool]
    ) -> CollectedResponse:
        """Raises: APIError."""
        return await thinking.llm.chat(chat_ctx=context, tools=[*tools]).collect()

    async def _standing(self) -> str:
        """How the caller's wait stands, in words for the model."""
        try:
            entry = await self.store.entry_of(self.call)
        except StoreError:
            entry = None
        if entry is not None and entry.state is EntryState.TAKEN:
            return self.notes.in_line_taken
        if entry is not None and entry.state is EntryState.OFFERED:
            return self.notes.in_line_rings
        place = await place_in_line(self.store, self.clock, self.call)
        if place is None:
            return self.notes.in_line_unknown
        return f"{place_line(self.lines, place[1])} {wait_line(self.lines, place[2])}"


def _stop_waiting(words: ToolWords) -> RawFunctionTool[..., Any]:
    """Make the tool for ending the wait: its call is read from the answer, and never run."""

    async def stop_waiting(raw_arguments: dict[str, object]) -> None: ...

    return function_tool(
        stop_waiting,
        raw_schema={
            "name": TOOL,
            "description": words.stop_waiting,
            "parameters": {
                "type": "object",
                "properties": {},
                "required": [],
                "additionalProperties": False,
            },
        },
    )


def _short(words: str) -> str:
    words = " ".join(words.split())
    return words if len(words) <= _LONGEST else words[: part_of(words, least=0, most=_LONGEST)].rstrip()
