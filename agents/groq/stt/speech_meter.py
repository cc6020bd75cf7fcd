"""Whether the caller speaks, and for how long they have been silent. Pure: probabilities in, moments out.

LiveKit's VAD stream tells the same some windows later, and only whole silences; here every window counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

SPEECH = 0.5
"""Probability above which a window is speech. These two are LiveKit's own for its Silero model."""
_STILL_SPEECH = 0.35
_SURE_S = 0.05
"""Speech after silence must last as long as this: a click is no word."""
SURELY_SPEECH_S = 0.5
"""So much speech in a turn is a caller who said something, and no cough."""


class SpeechChange(StrEnum):
    """What a window changed."""

    STARTED = "started"  # begins, or goes on after a pause
    PAUSED = "paused"


@dataclass
class SpeechMeter:
    """`pause_s`: seconds of silence after which a pause is told."""

    pause_s: float
    speaking: bool = False
    silence_s: float = 0.0  # since the last window of speech
    in_doubt: bool = False  # the newest window may be the beginning of a word
    _rising_s: float = 0.0

    def hear(self, probability: float, seconds: float) -> SpeechChange | None:
        """Take one window in: how likely it is speech, 0 to 1, and how long it is."""
        if self.speaking:
            return self._while_speaking(probability, seconds)
        return self._while_silent(probability, seconds)

    def _while_speaking(self, probability: float, seconds: float) -> SpeechChange | None:
        if probability > _STILL_SPEECH:
            self.silence_s = 0.0
            return None
        self.silence_s += seconds
        # To the nearest window: to wait for the next one would be late by most of it.
        if self.silence_s + seconds / 2 < self.pause_s:
            return None
        self.speaking = self.in_doubt = False
        self._rising_s = 0.0
        return SpeechChange.PAUSED

    def _while_silent(self, probability: float, seconds: float) -> SpeechChange | None:
        self.in_doubt = probability > _STILL_SPEECH
        self._rising_s = self._rising_s + seconds if probability > SPEECH else 0.0
        if self._rising_s < _SURE_S:
            self.silence_s += seconds
            return None
        self.speaking, self.in_doubt = True, False
        self.silence_s = 0.0
        return SpeechChange.STARTED
