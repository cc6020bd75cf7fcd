"""The transcript of a call: kept in memory at once, and appended to the store in order.

This is the one place where words become turns. So if the role redacts, neither the store nor the memory from
which briefs and summaries are made ever has the numbers. Only the model's own context does.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from livekit.agents import AgentSession, ConversationItemAddedEvent
from livekit.agents.llm import ChatMessage

from agents.groq.stt.groq_stt import GroqSTT
from agents.groq.stt.stream import NOD, Nod
from agents.redaction.redactor import Redactor
from agents.session.held_turns import HeldTurns
from errors import StoreError
from persistence.contract.store import Store
from persistence.records import CALLER, OPERATOR, CallId, RoleName, Turn
from persistence.write_queue import WriteQueue
from transfer.ports import Clock

log = logging.getLogger(__name__)

_SPEAKERS = {"user", "assistant"}
_SPEAKER = "baton.speaker"
_TYPED = "baton.typed"
_WRITTEN = "baton.written"


def operator_message(words: str) -> ChatMessage:
    """Make a message that the model answers like the caller's, with the operator as the turn's speaker."""
    return ChatMessage(role="user", content=[words], extra={_SPEAKER: OPERATOR})


def typed_message(words: str) -> ChatMessage:
    """Make the message of a line that the caller typed. The transcript marks it."""
    return ChatMessage(role="user", content=[words], extra={_TYPED: True})


def kept_message(words: Sequence[str]) -> ChatMessage:
    """Make a message of what the caller said while nobody answered. The transcript has it already."""
    return ChatMessage(role="user", content=[" ".join(words)], extra={_WRITTEN: True})


def is_spoken_by_caller(message: ChatMessage) -> bool:
    """Whether the caller has just spoken these words: not typed, kept from earlier, or somebody else's."""
    return message.role == "user" and not {_SPEAKER, _TYPED, _WRITTEN} & message.extra.keys()


class Transcript:
    """One call's turns. The process's write queue stores them."""

    def __init__(
        self,
        store: Store,
        call_id: CallId,
        role: RoleName,
        clock: Clock,
        write_queue: WriteQueue,
        redactor: Redactor | None = None,
    ) -> None:
        self._store = store
        self._write_queue = write_queue
        self._call_id = call_id
        self._role = role
        self._clock = clock
        self._turns: list[Turn] = []
        self._loaded = 0
        self._unheard = False
        self.on_turn: Callable[[Turn], None] = lambda _: None
        """Called with each turn as it is written down, except nods."""
        self._redactor = redactor or Redactor(())
        self._held = HeldTurns(self._redactor, self._keep)

    @property
    def turns(self) -> Sequence[Turn]:
        """All turns so far, newest last, including those not yet written. Nods are not turns."""
        return tuple(turn for turn in (*self._turns, *self._held.now) if not turn.nod)

    async def load(self) -> None:
        """Read, or reread, the turns of earlier holders. If the store does not answer, do without them."""
        try:
            turns = await self._store.turns(self._call_id)
            self._turns = [*turns, *self._turns[self._loaded :]]
            self._loaded = len(turns)
        except StoreError as error:
            log.warning("earlier turns not read", extra={"call": self._call_id, "error": str(error)})

    def know(self, said: Sequence[str]) -> None:
        """Add the caller's words that the agent before us heard. That agent has stored them itself."""
        now = self._clock.now_ms()
        self._turns += [
            Turn(self._call_id, len(self._turns) + number, CALLER, self._redactor.redact(words), now, now)
            for number, words in enumerate(said, start=1)
        ]

    def passed_on(self, said: Sequence[str]) -> tuple[str, ...]:
        """Return the caller's words as another agent may have them: as they are stored."""
        return tuple(self._held.as_stored(words) or self._redactor.redact(words) for words in said)

    def attach(self, session: AgentSession[Any]) -> None:
        """Record every turn the session commits, and every nod of the caller."""
        session.on("conversation_item_added", self._on_item)
        session.on("close", lambda _: self.settle())
        if isinstance(session.stt, GroqSTT):
            session.stt.on(NOD, self._on_nod)

    def say(self, words: str, started_at: int, ended_at: int, *, speaker: str | None = None) -> None:
        """Add a turn of the person at the role's desk, or of `speaker`, such as OPERATOR. Times in ms UTC."""
        self._held.add(Turn(self._call_id, 0, speaker or self._role, words, started_at, ended_at))

    def settle(self) -> None:
        """Store turns that wait for the rest of a number: the call goes to another agent, or is over."""
        self._held.settle()

    def agent_is_unheard(self) -> None:
        """Stop recording what the session says: nobody hears it, so it is no turn."""
        self._unheard = True

    def _on_item(self, event: ConversationItemAddedEvent) -> None:
        item = event.item
        if not isinstance(item, ChatMessage) or _WRITTEN in item.extra:
            return
        if self._unheard and item.role == "assistant":
            return
        if item.role in _SPEAKERS and item.text_content:
            self._add(item)

    def _on_nod(self, nod: Nod) -> None:
        now = self._clock.now_ms()
        started_at = now - round(1000 * nod.seconds)
        self._held.add(Turn(self._call_id, 0, CALLER, nod.words, started_at, now, nod=True))

    def _add(self, message: ChatMessage) -> None:
        now = self._clock.now_ms()
        started = message.metrics.get("started_speaking_at")
        stopped = message.metrics.get("stopped_speaking_at")
        turn = Turn(
            call_id=self._call_id,
            seq=0,
            speaker=self._speaker_of(message),
            text=message.text_content or "",
            started_at=int(started * 1000) if started else now,
            ended_at=max(int(stopped * 1000) if stopped else now, int((started or 0) * 1000)),
            typed=bool(message.extra.get(_TYPED)),
        )
        self._held.add(turn)

    def _keep(self, turn: Turn) -> None:
        turn = replace(turn, seq=len(self._turns) + 1)
        self._turns.append(turn)
        self._write_queue.enqueue(partial(self._write, turn))
        if not turn.nod:
            self.on_turn(turn)

    def _speaker_of(self, message: ChatMessage) -> str:
        if message.role == "user":
            return str(message.extra.get(_SPEAKER, CALLER))
        return self._role

    async def _write(self, turn: Turn) -> None:
        await self._store.append_turn(
            turn.call_id,
            turn.speaker,
            turn.text,
            started_at=turn.started_at,
            ended_at=turn.ended_at,
            typed=turn.typed,
            nod=turn.nod,
        )
