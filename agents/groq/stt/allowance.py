"""When a request is not sent yet: after Groq's 429, and while what is sent turns out to be no words. Pure."""

from __future__ import annotations

_AFTER_429_S = 15.0
"""Seconds without a request in mid-turn after Groq's 429."""
_NOISE_AFTER, _NOISE_APART_S = 3, 2.5
"""So many answers in a row without a word are noise; from then on, requests are this many seconds apart."""


class RequestAllowance:
    """Of one call, across its turns. Its clock is the audio."""

    def __init__(self) -> None:
        self._limited_left_s = 0.0
        self._since_request_s = 0.0
        self._wordless = 0

    def hear(self, seconds: float) -> None:
        """So much more audio was heard."""
        self._limited_left_s = max(0.0, self._limited_left_s - seconds)
        self._since_request_s += seconds

    def allows(self, *, guess: bool) -> bool:
        """Whether a request may be sent now. `guess`: the turn may go on."""
        if guess and self._limited_left_s:
            return False
        return self._wordless < _NOISE_AFTER or self._since_request_s >= _NOISE_APART_S

    def sent(self) -> None:
        self._since_request_s = 0.0

    def answered(self, words: str) -> None:
        self._wordless = 0 if words else self._wordless + 1

    def limited(self) -> None:
        """Groq has answered 429."""
        self._limited_left_s = _AFTER_429_S
