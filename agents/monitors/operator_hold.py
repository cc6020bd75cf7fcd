"""Serves a caller on an operator's hold: music, and a line from time to time, until somebody acts."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from livekit.agents import AgentSession, AgentStateChangedEvent

from agents.monitors.music_on_hold import MusicOnHold
from agents.roster.shared_prompts import HouseLines
from agents.session.voice import SessionVoice
from persistence.records import CALLER, Call, Turn
from tasks import BackgroundTasks

log = logging.getLogger(__name__)

_FINISH_LIMIT_S = 2.0


class OperatorHold:
    """One call's hold. The call's row, which `follow` gets, decides, so that a hold outlives its agent.

    While `is_on`, the agent is silent: the caller's words are recorded, and the model is not asked. A hold
    has no time limit: an operator has chosen it, and sees the call first in every list.
    """

    def __init__(
        self,
        session: AgentSession[Any],
        voice: SessionVoice,
        lines: HouseLines,
        *,
        line_every_s: float,
        held_at: int | None,
        busy: Callable[[], bool],
        turns: Callable[[], Sequence[Turn]],
    ) -> None:
        """`held_at`: when a hold began with an earlier agent, ms UTC; None: there is none.

        `busy`: a handoff is open, or the call is ending.
        `turns`: everything said in the call so far.
        """
        self._session, self._voice, self._lines = session, voice, lines
        self._line_every_s, self._busy, self._turns = line_every_s, busy, turns
        self._begun, self._over = asyncio.Event(), asyncio.Event()
        self.held_at = held_at
        self._first_line = lines.on_hold if held_at is None else lines.still_on_hold
        (self._over if held_at is None else self._begun).set()
        self._spoken = {lines.on_hold, lines.still_on_hold, lines.off_hold}
        self._told: list[Callable[[bool], None]] = []
        self._music = MusicOnHold(voice, wanted=self._wants_music)
        session.on("agent_state_changed", self._on_state)

    @property
    def is_on(self) -> bool:
        return self._begun.is_set()

    def on_change(self, told: Callable[[bool], None]) -> None:
        """Call `told` with True when a hold begins, and with False when it is over."""
        self._told.append(told)

    def follow(self, call: Call) -> None:
        """Start or end the hold as the call's row says."""
        self.held_at = call.held_at
        held = call.held_at is not None
        if held == self.is_on:
            return
        log.info("hold begins" if held else "hold over", extra={"call": call.id})
        began, ended = (self._begun, self._over) if held else (self._over, self._begun)
        ended.clear()
        began.set()
        for told in self._told:
            told(held)

    async def serve(self) -> None:
        """Serve the caller whenever they are on hold. Run until the call ends."""
        while True:
            await self._begun.wait()
            await self._hold()
            self._first_line = self._lines.on_hold
            if not self._busy():
                await self._go_on()

    async def _hold(self) -> None:
        if not self._busy():
            await self._silence_agent()
        tasks = BackgroundTasks()
        tasks.start(self._music.play_while_wanted(), name="hold music")
        try:
            line = self._first_line
            while self.is_on:
                if not self._busy():
                    async with self._music.silenced():
                        await self._voice.speak(line)
                line = self._lines.still_on_hold
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._line_every_s):
                        await self._over.wait()
        finally:
            await tasks.cancel()

    async def _silence_agent(self) -> None:
        """Interrupt the agent at once, even in mid-sentence: the operator may not want the rest heard."""
        with suppress(TimeoutError, RuntimeError):
            async with asyncio.timeout(_FINISH_LIMIT_S):
                await self._session.interrupt(force=True)

    async def _go_on(self) -> None:
        self._voice.open_ears()
        if self._voice.person_speaks():
            return  # the person speaks to the caller
        unanswered = self._is_unanswered()
        speaking = asyncio.ensure_future(self._voice.speak(self._lines.off_hold))
        await asyncio.sleep(0)  # now the line is queued, and the reply follows it
        if unanswered:
            await self._voice.forget(self._spoken)  # the model answers the last message: the caller's words
            self._session.generate_reply()
        await speaking

    def _is_unanswered(self) -> bool:
        """Whether the caller spoke last, apart from the lines about the hold."""
        last = next((turn for turn in reversed(self._turns()) if turn.text not in self._spoken), None)
        return last is not None and last.speaker == CALLER

    def _wants_music(self) -> bool:
        return self.is_on and not self._busy() and self._session.agent_state != "speaking"

    def _on_state(self, _: AgentStateChangedEvent) -> None:
        self._music.on_speech_change()
