"""Turns what a person at a desk says into turns of the call, with a transcription stream of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from livekit import rtc
from livekit.agents import stt

from agents.audio.at_rate import AtRate
from agents.audio.vad import RATE
from agents.groq.stt.groq_stt import GroqSTT
from transfer.ports import Clock


class PersonWords:
    """`said` gets each turn: its words, and when it began and ended, ms UTC. A failed turn is left out."""

    def __init__(self, hearing: GroqSTT, clock: Clock, said: Callable[[str, int, int], None]) -> None:
        self._hearing, self._clock, self._said = hearing, clock, said
        self._stream = hearing.stream()
        self._at_rate = AtRate(RATE, self._stream.push_frame)

    def hear(self, frame: rtc.AudioFrame) -> None:
        """Take a mono frame at any rate. Does not block."""
        self._at_rate.hear(frame)

    async def write_down(self) -> None:
        """Runs until cancelled."""
        try:
            async for event in self._stream:
                if event.type == stt.SpeechEventType.FINAL_TRANSCRIPT and event.alternatives:
                    self._said(event.alternatives[0].text, *self._times())
        finally:
            await self._stream.aclose()

    def _times(self) -> tuple[int, int]:
        activity, now = self._hearing.activity, asyncio.get_running_loop().time()
        began, ended = (now - at for at in (activity.speech_began_at, activity.last_speech_at))
        at = self._clock.now_ms()
        return at - round(1000 * began), at - round(1000 * min(began, ended))
