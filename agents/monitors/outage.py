"""Handles an outage of the models: what the caller hears after each error, and on hold.

Without Groq the caller's answer cannot be transcribed, so the offer needs no answer: a caller who stays is on
hold, and one who hangs up must be called back, which the call's end records (CALL_BACK).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from livekit.agents import AgentSession, AgentStateChangedEvent, UserStateChangedEvent
from livekit.agents.voice import SpeechHandle

from agents.monitors.call_end import CallEnding, Disconnected, EndCall, HandedOver
from agents.monitors.music_on_hold import MusicOnHold
from agents.roster.shared_prompts import HouseLines
from agents.session.replies import on_reply, worked
from agents.session.voice import SessionVoice
from persistence.records import CallEnd
from settings import CallSettings
from tasks import BackgroundTasks

log = logging.getLogger(__name__)

_POLL_EVERY_S = 3.0
_MUSIC_AFTER_S = 1.5
"""Silence before the music: a caller who has just been asked to hold may want to say something."""


class Outage:
    """Counts consecutive errors. From the second on, the caller is on hold until a reply works again.

    `works` probes whether a whole turn would succeed now. `busy`: the agent must be silent, as in a handoff
    or on an operator's hold. `day_spent`: because of a day's limit, no model can hear, or none can answer,
    for longer than a caller is held. `nothing_to_try`: also, no try of such a model is due.
    """

    def __init__(
        self,
        session: AgentSession[Any],
        voice: SessionVoice,
        lines: HouseLines,
        settings: CallSettings,
        ending: CallEnding,
        *,
        works: Callable[[], Awaitable[bool]],
        busy: Callable[[], bool],
        day_spent: Callable[[], bool] = lambda: False,
        nothing_to_try: Callable[[], bool] = lambda: False,
    ) -> None:
        self._session, self._voice, self._lines, self._settings = session, voice, lines, settings
        self._ending, self._works, self._busy = ending, works, busy
        self._day_spent, self._nothing_to_try = day_spent, nothing_to_try
        self._errors = 0
        self._on_hold = asyncio.Event()
        self._last_sound = 0.0
        self._music = MusicOnHold(voice, wanted=self._wants_music)
        on_reply(session, self._on_reply)
        session.on("agent_state_changed", self._on_state)
        session.on("user_state_changed", self._on_state)

    @property
    def holding(self) -> bool:
        """Whether the caller is on hold: they were offered a call back, and no reply has worked since."""
        return self._on_hold.is_set()

    def next_words(self) -> str | None:
        """Return the line for the next error, never twice the same in a row. None: the call ends instead."""
        if self._day_spent():
            self._end_for_the_day()
            return None
        self._errors += 1
        if self._errors == 1:
            return self._lines.trouble
        self._on_hold.set()
        lines = self._lines
        later = (lines.trouble_offer, lines.trouble_held, lines.trouble_still_held)
        return later[(self._errors - 2) % len(later)]

    def recorded_end(self, end: HandedOver | Disconnected | EndCall) -> HandedOver | Disconnected | EndCall:
        """Return the end to record: a caller who hangs up while on hold must be called back."""
        if self.holding and isinstance(end, EndCall) and end.how is CallEnd.CALLER_LEFT:
            return EndCall(CallEnd.CALL_BACK, end.goodbye, end.hang_up)
        return end

    async def serve_holds(self) -> None:
        """Serve the caller whenever they are on hold. Run until the call ends.

        If no model can hear, or none can answer, for the rest of the day, the call ends with a goodbye now.
        """
        if self._nothing_to_try():
            self._end_for_the_day()
            return
        while True:
            await self._on_hold.wait()
            log.warning("caller on hold")
            try:
                async with asyncio.timeout(self._settings.trouble_hold_s), self._with_music():
                    await self._until_it_works()
            except TimeoutError:
                if self._busy():
                    continue  # somebody has taken charge of the call
                goodbye = self._lines.trouble_goodbye
                self._ending.decide(EndCall(CallEnd.CALL_BACK, goodbye=goodbye, hang_up=True))
                return

    def _end_for_the_day(self) -> None:
        goodbye = self._lines.day_spent_goodbye
        self._ending.decide(EndCall(CallEnd.CALL_BACK, goodbye=goodbye, hang_up=True))

    async def _until_it_works(self) -> None:
        while self.holding:
            await asyncio.sleep(_POLL_EVERY_S)
            if not self._quiet():
                continue  # not while anyone speaks
            if await self._works():
                if self.holding and self._quiet():
                    self._end_hold()
                    await self._speak(self._lines.trouble_over)
            elif self._silent_s() >= self._settings.silence_ask_s and self._quiet():
                if (words := self.next_words()) is None:
                    return
                await self._speak(words)

    async def _speak(self, line: str) -> None:
        async with self._music.silenced():
            await self._voice.speak(line)

    @asynccontextmanager
    async def _with_music(self) -> AsyncIterator[None]:
        tasks = BackgroundTasks()
        tasks.start(self._music.play_while_wanted(), name="hold music")
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

    def _end_hold(self) -> None:
        if self.holding:
            log.warning("hold over")
        self._errors = 0
        self._on_hold.clear()

    def _on_reply(self, reply: SpeechHandle) -> None:
        if worked(reply):
            self._end_hold()

    def _on_state(self, event: AgentStateChangedEvent | UserStateChangedEvent) -> None:
        if "speaking" in {event.old_state, event.new_state}:  # "away" only says that a caller was silent
            self._last_sound = asyncio.get_running_loop().time()
        self._music.on_speech_change()
