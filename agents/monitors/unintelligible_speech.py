"""A caller of whose speech no word could be made out: asked to say it again, never met with silence."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from livekit.agents import AgentSession, UserInputTranscribedEvent

from agents.groq.stt.groq_stt import GroqSTT
from agents.groq.stt.stream import NOT_UNDERSTOOD
from agents.roster.shared_prompts import HouseLines
from agents.session.voice import SessionVoice

_ASKS_IN_A_ROW = 4
"""After so many it is no caller who could be understood, but a noise that sounds like one."""


class UnintelligibleSpeechMonitor:
    """`busy` says when the caller is not expected to speak; `note` is told which part failed, and how."""

    def __init__(
        self,
        session: AgentSession[None],
        voice: SessionVoice,
        lines: HouseLines,
        *,
        busy: Callable[[], bool],
        note: Callable[[str, str], None],
    ) -> None:
        self._session, self._voice, self._busy, self._note = session, voice, busy, note
        self._lines = (lines.not_understood, lines.still_not_understood)
        self._unclear = asyncio.Event()
        self._in_a_row = 0
        if isinstance(session.stt, GroqSTT):
            session.stt.on(NOT_UNDERSTOOD, self._on_unclear)
        session.on("user_input_transcribed", self._on_words)

    def _on_unclear(self) -> None:
        self._note("hearing", NOT_UNDERSTOOD)
        self._in_a_row += 1
        self._unclear.set()

    def _on_words(self, _: UserInputTranscribedEvent) -> None:
        self._in_a_row = 0
        self._unclear.clear()

    async def run(self) -> None:
        """Ask whenever it is needed, for as long as the call lasts."""
        while True:
            await self._unclear.wait()
            self._unclear.clear()
            if self._speaks() or self._busy() or self._in_a_row > _ASKS_IN_A_ROW:
                continue
            await self._voice.speak(self._lines[(self._in_a_row - 1) % len(self._lines)])

    def _speaks(self) -> bool:
        """Somebody does: also an agent that was interrupted by a mere sound, and goes on in a moment."""
        return self._session.current_speech is not None or self._session.user_state == "speaking"
