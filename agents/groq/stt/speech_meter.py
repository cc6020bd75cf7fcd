"""Whether the caller is speaking, and how long they have been silent. Pure: probabilities in, changes out.

LiveKit's VAD stream reports this some windows later, and only complete silences; here every window counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from agents.audio.vad import SPEECH, STILL_SPEECH

_SURE_S = 0.05
"""The shortest speech after silence that counts: a click is not a word."""
SURELY_SPEECH_S = 0.5
"""With this much speech in a turn the caller said something; less may be a cough."""


class SpeechChange(StrEnum):
    """A change between speech and silence."""

    STARTED = "started"  # speech starts, or resumes after a pause
    PAUSED = "paused"


@dataclass
class SpeechMeter:
    """`pause_s`: seconds of silence that make a pause."""

    pause_s: float
    speaking: bool = False
    silence_s: float = 0.0  # since the last window of speech
    in_doubt: bool = False  # the latest window may be the start of a word
    _rising_s: float = 0.0

    def hear(self, probability: float, seconds: float) -> SpeechChange | None:
        """Consume one window: its probability of speech, 0 to 1, and its length."""
        if self.speaking:
            return self._while_speaking(probability, seconds)
        return self._while_silent(probability, seconds)

    def _while_speaking(self, probability: float, seconds: float) -> SpeechChange | None:
        if probability > STILL_SPEECH:
            self.silence_s = 0.0
            return None
        self.silence_s += seconds
        # Round to the nearest window: waiting for the next one would be late by most of its length.
        if self.silence_s + seconds / 2 < self.pause_s:
            return None
        self.speaking = self.in_doubt = False
        self._rising_s = 0.0
        return SpeechChange.PAUSED

    def _while_silent(self, probability: float, seconds: float) -> SpeechChange | None:
        self.in_doubt = probability > STILL_SPEECH
        self._rising_s = self._rising_s + seconds if probability > SPEECH else 0.0
        if self._rising_s < _SURE_S:
            self.silence_s += seconds
            return None
        self.speaking, self.in_doubt = True, False
        self.silence_s = 0.0
        return SpeechChange.STARTED
