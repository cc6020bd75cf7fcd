"""Takes a message for people from the model: reads it back, stores it as a row, and confirms it."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass

from livekit.agents.llm import ToolError

from agents.redaction.redactor import Redactor
from agents.roster.checked import fill
from agents.roster.model_words import ToolWords
from agents.words import words_of
from errors import StoreError
from persistence.contract.messages import MessageStore
from persistence.messages import LONGEST_NAME, LONGEST_WORDS, Message, MessageId
from persistence.records import CallId, JobId, RoleName
from transfer.ports import Clock

log = logging.getLogger(__name__)

TOOL = "take_message"

_AT_MOST = 5
"""The most messages of one call."""
_ROW_LIMIT_S = 3.0
"""How long the caller waits for the row. Without it, they hear that nothing was stored."""
_REACHED_BY = "telephone number or e-mail address"
"""The kind of number to expect in the words about how to reach the caller."""


@dataclass(frozen=True, slots=True)
class _Draft:
    target: RoleName
    message: str
    for_whom: str
    reach: str

    @property
    def heard(self) -> Hashable:
        """Equal for drafts that sound the same when they are read back."""
        return (self.target, *(tuple(words_of(part)) for part in (self.message, self.for_whom, self.reach)))


class MessageTaking:
    """Takes one agent's messages in one call. `role` takes them, for the people of `desks`."""

    def __init__(
        self,
        store: MessageStore,
        clock: Clock,
        redactor: Redactor,
        words: ToolWords,
        *,
        call: CallId,
        job: JobId,
        role: RoleName,
        desks: Collection[RoleName],
    ) -> None:
        self._store, self._clock, self._redactor, self._words = store, clock, redactor, words
        self._call, self._job, self._role, self._desks = call, job, role, desks
        self._ids: dict[Hashable, MessageId] = {}
        self._kept: set[Hashable] = set()

    async def take(self, arguments: Mapping[str, object], said_yes: Callable[[Hashable], bool]) -> str:
        """Return the words for the model. `said_yes`: whether the caller agreed to a draft once read back.

        Raises: ToolError: this message could not be kept.
        """
        draft = self._draft(arguments)
        if draft.heard in self._kept:
            return fill(self._words.already, tool=TOOL)
        if not said_yes(draft.heard):
            told = fill(self._words.read_back, tool=TOOL)
            is_whole = self._redactor.redact(draft.reach, _REACHED_BY) == draft.reach
            return told if is_whole else f"{told} {self._words.reach_not_kept}"
        if not await self._left(draft):
            return fill(self._words.failed, tool=TOOL)
        self._kept.add(draft.heard)
        return self._words.message_kept

    def _draft(self, arguments: Mapping[str, object]) -> _Draft:
        """Raises: ToolError."""
        target = str(arguments.get("target"))
        if target not in self._desks:
            raise ToolError(f"target: one of {', '.join(self._desks)}")
        longest = {"message": LONGEST_WORDS, "for_whom": LONGEST_NAME, "reach": LONGEST_NAME}
        said = {name: " ".join(str(arguments.get(name) or "").split()) for name in longest}
        if not any(letter.isalnum() for letter in said["message"]):
            raise ToolError("message: ask the caller what it is")
        for name, most in longest.items():
            if len(said[name]) > most:
                raise ToolError(f"{name}: {most} characters at most")
        return _Draft(RoleName(target), **said)

    async def _left(self, draft: _Draft) -> bool:
        """Store a draft, and return whether its row is there. A retry writes the same row."""
        now, redact = self._clock.now_ms(), self._redactor.redact
        message = Message(
            id=self._ids.setdefault(draft.heard, MessageId(f"message-{uuid.uuid4().hex}")),
            call_id=self._call,
            role=draft.target,
            from_role=self._role,
            words=redact(draft.message),
            for_whom=redact(draft.for_whom),
            reach=redact(draft.reach, _REACHED_BY),
            left_at=now,
            moved_at=now,
        )
        try:
            async with asyncio.timeout(_ROW_LIMIT_S):
                await self._store.leave_message(message, job=self._job, at_most=_AT_MOST)
        except (StoreError, TimeoutError) as error:
            why = {"call": self._call, "error": type(error).__name__}
            log.warning("a message was not stored", extra=why)
            return False
        return True
