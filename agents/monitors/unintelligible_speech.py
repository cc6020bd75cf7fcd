"""Asks a caller whose speech could not be transcribed to repeat it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from livekit.agents import AgentSession, UserInputTranscribedEvent

from agents.groq.stt.groq_stt import GroqSTT
from agents.groq.stt.stream import NOT_UNDERSTOOD
from agents.roster.shared_prompts import HouseLines
from agents.session.voice import SessionVoice

_ASKS_IN_A_ROW = 4
"""After this many questions in a row, the sound is probably noise that the VAD mistakes for speech."""


class UnintelligibleSpeechMonitor:
    """`busy`: the caller is not expected to speak. `record` gets the part and the error of each failure.

    `menu` offers keys to press, and returns the words for that; empty if there are no keys. It is used from
    the `menu_after`-th such turn in a row; 0: never.
    """

    def __init__(
        self,
        session: AgentSession[Any],
        voice: SessionVoice,
        lines: HouseLines,
        *,
        busy: Callable[[], bool],
        record: Callable[[str, str], None],
        menu: Callable[[], str] = str,
        menu_after: int = 0,
    ) -> None:
        self._session, self._voice, self._busy, self._record = session, voice, busy, record
        self._lines = (lines.not_understood, lines.still_not_understood)
        self._menu, self._menu_after = menu, menu_after
        self._unclear = asyncio.Event()
        self._in_a_row = 0
        if isinstance(session.stt, GroqSTT):
            session.stt.on(NOT_UNDERSTOOD, self._on_unclear)
        session.on("user_input_transcribed", self._on_words)

    def _on_unclear(self) -> None:
        self._record("hearing", NOT_UNDERSTOOD)
        self._in_a_row += 1
        self._unclear.set()

    def _on_words(self, _: UserInputTranscribedEvent) -> None:
        self._in_a_row = 0
        self._unclear.clear()

    async def ask_to_repeat(self) -> None:
        """Ask after each turn that was not understood. Run until cancelled."""
        while True:
            await self._unclear.wait()
            self._unclear.clear()
            if self._anyone_speaks() or self._busy() or self._in_a_row > _ASKS_IN_A_ROW:
                continue
            await self._voice.speak(self._words())

    def _words(self) -> str:
        line = self._lines[(self._in_a_row - 1) % len(self._lines)]
        offer = self._menu() if 0 < self._menu_after <= self._in_a_row else ""
        return offer or line

    def _anyone_speaks(self) -> bool:
        """Whether anyone speaks, including an agent paused by a mere sound, which resumes in a moment."""
        return self._session.current_speech is not None or self._session.user_state == "speaking"
