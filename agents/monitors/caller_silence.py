"""A caller who says nothing any more: asked once, then let go."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from livekit.agents import AgentSession, UserStateChangedEvent

from agents.monitors.call_end import CallEnding, EndCall
from agents.roster.shared_prompts import HouseLines
from agents.session.voice import SessionVoice
from persistence.records import CallEnd
from settings import CallSettings

_LOOK_AGAIN_S = 1.0


class CallerSilenceMonitor:
    """`busy` says when nobody is expected to speak; `cut_off`, whether it is we whom nothing reaches."""

    def __init__(
        self,
        session: AgentSession[None],
        voice: SessionVoice,
        ending: CallEnding,
        lines: HouseLines,
        settings: CallSettings,
        *,
        busy: Callable[[], bool],
        cut_off: Callable[[], Awaitable[bool]],
    ) -> None:
        self._voice, self._ending, self._lines, self._settings = voice, ending, lines, settings
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

    async def run(self) -> None:
        while True:
            await self._away.wait()
            self._away.clear()
            if self._busy():
                continue
            await self._voice.speak(self._lines.silence_question)
            if await self._says_something() or self._busy():
                continue
            if await self._cut_off():
                await self._wait_for_link()
                continue
            self._ending.decide(EndCall(CallEnd.SILENT, goodbye=self._lines.silence_goodbye, hang_up=True))

    async def _says_something(self) -> bool:
        try:
            async with asyncio.timeout(self._settings.silence_end_s):
                await self._here.wait()
        except TimeoutError:
            return False
        return True

    async def _wait_for_link(self) -> None:
        """Then ask again: the question was not heard."""
        while await self._cut_off():  # noqa: ASYNC110 - the server tells nobody that it is back
            await asyncio.sleep(_LOOK_AGAIN_S)
        if not self._here.is_set():
            self._away.set()
