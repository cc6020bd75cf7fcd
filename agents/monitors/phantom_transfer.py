"""A promise of another desk that the model made without its tool: made true, or taken back (fault B15)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from livekit.agents import AgentSession
from livekit.agents.voice import SpeechHandle

from agents.monitors.transfer_phrases import Promise, PromiseRule
from agents.session.replies import heard_words, on_reply
from agents.session.voice import SessionVoice

log = logging.getLogger(__name__)


class Desk(Protocol):
    """Whoever hands over; `busy` once a handoff is under way."""

    @property
    def busy(self) -> bool: ...

    def ask_promised(self, target: str, key: str) -> None:
        """Queue the handoff that the caller was told of; while one is under way, nothing."""
        ...


class PhantomTransferMonitor:
    """Reads every reply that was heard to its end. `may` says whether the role hands over at all."""

    def __init__(
        self,
        session: AgentSession[None],
        rule: PromiseRule,
        desk: Desk,
        voice: SessionVoice,
        taken_back: str,
        *,
        may: Callable[[str], bool],
    ) -> None:
        self._rule, self._desk, self._voice, self._taken_back, self._may = rule, desk, voice, taken_back, may
        self._empty: asyncio.Queue[Promise] = asyncio.Queue()
        on_reply(session, self._on_reply)

    def _on_reply(self, reply: SpeechHandle) -> None:
        if reply.interrupted or self._desk.busy:
            return
        promise = self._rule.promise_in(heard_words(reply))
        if promise is None:
            return
        log.warning("a promise without the tool", extra={"target": promise.target})
        if promise.target is not None and self._may(promise.target):
            self._desk.ask_promised(promise.target, key=reply.id)
        else:
            self._empty.put_nowait(promise)

    async def run(self) -> None:
        """Take back what cannot be made true, for as long as the call lasts."""
        while True:
            await self._empty.get()
            if not self._desk.busy:
                await self._voice.speak(self._taken_back)
