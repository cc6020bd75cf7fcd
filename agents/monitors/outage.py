"""Trouble after trouble: what the caller is told each time, and what becomes of one who holds.

With Groq gone nobody knows what the caller answers. So the offer needs no answer: who stays is held, and who
hangs up is called back; how the call ended says that somebody has to.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from livekit.agents import AgentSession, AgentStateChangedEvent, UserStateChangedEvent
from livekit.agents.voice import SpeechHandle

from agents.monitors.call_end import CallEnding, Disconnected, EndCall, HandedOver
from agents.monitors.outage_music import OutageMusic
from agents.roster.shared_prompts import HouseLines
from agents.session.replies import on_reply, worked
from agents.session.voice import SessionVoice
from persistence.records import CallEnd
from settings import CallSettings
from tasks import BackgroundTasks

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 3.0
_MUSIC_AFTER_S = 1.5
"""Of silence: who has just been offered to hold may want to say something."""


class Outage:
    """Counts troubles in a row; from the second on the caller is held until something works again.

    `works` tries whether a whole turn would work now. `busy`: nobody else speaks to the caller.
    """

    def __init__(
        self,
        session: AgentSession[None],
        voice: SessionVoice,
        lines: HouseLines,
        settings: CallSettings,
        ending: CallEnding,
        *,
        works: Callable[[], Awaitable[bool]],
        busy: Callable[[], bool],
    ) -> None:
        self._session, self._voice, self._lines, self._settings = session, voice, lines, settings
        self._ending, self._works, self._busy = ending, works, busy
        self._in_a_row = 0
        self._held = asyncio.Event()
        self._last_sound = 0.0
        self._music = OutageMusic(voice, wanted=self._wants_music)
        on_reply(session, self._on_reply)
        session.on("agent_state_changed", self._on_state)
        session.on("user_state_changed", self._on_state)

    @property
    def holding(self) -> bool:
        """Whether the caller was offered to hold, or to be called back, and nothing has worked since."""
        return self._held.is_set()

    def next_words(self) -> str:
        """For one more trouble; never the same twice running."""
        self._in_a_row += 1
        if self._in_a_row == 1:
            return self._lines.trouble
        self._held.set()
        lines = self._lines
        later = (lines.trouble_offer, lines.trouble_held, lines.trouble_still_held)
        return later[(self._in_a_row - 2) % len(later)]

    def seen(self, end: HandedOver | Disconnected | EndCall) -> HandedOver | Disconnected | EndCall:
        """The end of the call as it is to be written down: who hangs up now wants to be called back."""
        if self.holding and isinstance(end, EndCall) and end.how is CallEnd.CALLER_LEFT:
            return EndCall(CallEnd.CALL_BACK, end.goodbye, end.hang_up)
        return end

    async def run(self) -> None:
        """See callers who hold through, for as long as the call lasts."""
        while True:
            await self._held.wait()
            log.warning("the caller is held")
            try:
                async with asyncio.timeout(self._settings.trouble_hold_s), self._with_music():
                    await self._until_it_works()
            except TimeoutError:
                goodbye = self._lines.trouble_goodbye
                self._ending.decide(EndCall(CallEnd.CALL_BACK, goodbye=goodbye, hang_up=True))
                return

    async def _until_it_works(self) -> None:
        while self.holding:
            await asyncio.sleep(_LOOK_EVERY_S)
            if not self._quiet():
                continue  # the caller tries it, or is being told
            if await self._works():
                if self.holding and self._quiet():
                    self._over()
                    await self._tell(self._lines.trouble_over)
            elif self._silent_s() >= self._settings.silence_ask_s and self._quiet():
                await self._tell(self.next_words())

    async def _tell(self, line: str) -> None:
        async with self._music.silenced():
            await self._voice.speak(line)

    @asynccontextmanager
    async def _with_music(self) -> AsyncIterator[None]:
        tasks = BackgroundTasks()
        tasks.start(self._music.run(), name="hold music")
        try:
            yield
        finally:
            await tasks.cancel()

    def _wants_music(self) -> bool:
        return self.holding and self._quiet() and self._silent_s() >= _MUSIC_AFTER_S

    def _quiet(self) -> bool:
        speaks = (
            self._session.agent_state in {"speaking", "thinking"} or self._session.user_state == "speaking"
        )
        return not speaks and not self._busy()

    def _silent_s(self) -> float:
        return asyncio.get_running_loop().time() - self._last_sound

    def _over(self) -> None:
        if self.holding:
            log.warning("it works again")
        self._in_a_row = 0
        self._held.clear()

    def _on_reply(self, reply: SpeechHandle) -> None:
        if worked(reply):
            self._over()

    def _on_state(self, event: AgentStateChangedEvent | UserStateChangedEvent) -> None:
        if "speaking" in {event.old_state, event.new_state}:  # a caller who is "away" has only said nothing
            self._last_sound = asyncio.get_running_loop().time()
        self._music.look()
