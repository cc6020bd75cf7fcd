"""Passes on a voice's frames at one sample rate, whatever rate they arrive at."""

from __future__ import annotations

from collections.abc import Callable

from livekit import rtc


class AtRate:
    """`push` gets mono frames at `rate_hz`. It does not block."""

    def __init__(self, rate_hz: int, push: Callable[[rtc.AudioFrame], None]) -> None:
        self._rate_hz, self._push = rate_hz, push
        self._resampler: rtc.AudioResampler | None = None

    def hear(self, frame: rtc.AudioFrame) -> None:
        """Pass on a mono frame of one voice, at any rate."""
        if frame.sample_rate == self._rate_hz:
            self._push(frame)
            return
        self._resampler = self._resampler or rtc.AudioResampler(frame.sample_rate, self._rate_hz)
        for part in self._resampler.push(frame):
            self._push(part)
