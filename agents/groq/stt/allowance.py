"""Decides when to hold a request back: after Groq's 429, in noise, or without room for guesses. Pure."""

from __future__ import annotations

from collections.abc import Callable

_AFTER_429_S = 15.0
"""Seconds without mid-turn requests after Groq's 429."""
_NOISE_AFTER, _NOISE_APART_S = 3, 2.5
"""This many answers in a row without a word mean noise. From then on, requests are this many seconds apart,
or further if the call's share is small."""
_NOISE_APART_MOST_S = 6.0
"""The longest that earlier noise may delay a caller's words."""


class RequestAllowance:
    """One call's allowance, across its turns. Its clock is the audio.

    `may_guess`: whether the account and this call's share have room for guesses. `share`: this call's share
    of the account, in requests a minute; None: not known.
    """

    def __init__(
        self,
        may_guess: Callable[[], bool] = lambda: True,
        share: Callable[[], float | None] = lambda: None,
    ) -> None:
        self._may_guess, self._share = may_guess, share
        self._limited_left_s = 0.0
        self._since_request_s = 0.0
        self._wordless = 0

    def hear(self, seconds: float) -> None:
        """Record that `seconds` more of audio were heard."""
        self._limited_left_s = max(0.0, self._limited_left_s - seconds)
        self._since_request_s += seconds

    def allows(self, *, guess: bool) -> bool:
        """Whether a request may be sent now. `guess`: the turn may go on."""
        if guess and (self._limited_left_s or not self._may_guess()):
            return False
        share = self._share()
        apart_s = max(_NOISE_APART_S, 60 / share) if share else _NOISE_APART_S
        return self._wordless < _NOISE_AFTER or self._since_request_s >= min(apart_s, _NOISE_APART_MOST_S)

    def sent(self) -> None:
        self._since_request_s = 0.0

    def answered(self, words: str) -> None:
        self._wordless = 0 if words else self._wordless + 1

    def limited(self) -> None:
        """Record that Groq has answered 429."""
        self._limited_left_s = _AFTER_429_S
