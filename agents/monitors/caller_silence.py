"""Asks a silent caller once whether they are there, and ends the call if nothing comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from livekit.agents import AgentSession, UserStateChangedEvent

from agents.monitors.call_end import CallEnding, EndCall
from agents.roster.shared_prompts import HouseLines
from agents.session.voice import SessionVoice
from persistence.records import CallEnd

_RECONNECT_POLL_S = 1.0


class CallerSilenceMonitor:
    """The session decides when to ask.

    `busy`: the caller is not expected to speak. `cut_off`: this agent itself is out of reach.
    """

    def __init__(
        self,
        session: AgentSession[Any],
        voice: SessionVoice,
        ending: CallEnding,
        lines: HouseLines,
        *,
        answer_within_s: float,
        busy: Callable[[], bool],
        cut_off: Callable[[], Awaitable[bool]],
    ) -> None:
        self._voice, self._ending, self._lines = voice, ending, lines
        self._answer_within_s = answer_within_s
        self._busy, self._cut_off = busy, cut_off
        self._away = asyncio.Event()
        self._here = asyncio.Event()
        session.on("user_state_changed", self._on_state)

    def _on_state(self, event: UserStateChangedEvent) -> None:
        if event.new_state == "away":
            self._here.clear()
            self._away.set()
        else:
            self._away.clear()
            self._here.set()

    async def watch_silence(self) -> None:
        """Run until the call ends."""
        while True:
            await self._away.wait()
            self._away.clear()
            if self._busy():
                continue
            await self._voice.speak(self._lines.silence_question)
            if await self._caller_speaks() or self._busy():
                continue
            if await self._cut_off():
                await self._wait_for_connection()
                continue
            self._ending.decide(EndCall(CallEnd.SILENT, goodbye=self._lines.silence_goodbye, hang_up=True))

    async def _caller_speaks(self) -> bool:
        try:
            async with asyncio.timeout(self._answer_within_s):
                await self._here.wait()
        except TimeoutError:
            return False
        return True

    async def _wait_for_connection(self) -> None:
        """Wait until this agent is connected, then ask again: the caller did not hear the question."""
        while await self._cut_off():  # noqa: ASYNC110 - the server's return brings no event
            await asyncio.sleep(_RECONNECT_POLL_S)
        if not self._here.is_set():
            self._away.set()
