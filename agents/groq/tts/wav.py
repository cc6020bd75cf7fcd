"""Streaming WAV reader. The rate comes from the header: Groq's speech is 24 or 48 kHz (groq-facts).

Python's `wave` needs the whole file and true sizes; LiveKit's decoder accepts a truncated file as complete.
"""

from __future__ import annotations

import struct

import numpy as np

from agents.audio.trim_silence import Samples
from agents.groq.errors import BadAnswer, Fault

_UNKNOWN_SIZES = {0, 0xFFFFFFFF}  # written by a streaming server that does not know the length yet
_PCM, _EXTENSIBLE = 1, 0xFFFE
_LONGEST_HEADER = 64 * 1024
_NOTHING: Samples = np.zeros(0, np.int16)


class WavReader:
    """16-bit PCM, mixed down to mono. Raises BadAnswer: BROKEN if it is not a WAV, CUT_SHORT if truncated."""

    def __init__(self) -> None:
        self.rate: int | None = None  # samples a second, once the header has been read
        self._channels = 1
        self._bytes = bytearray()
        self._in_data = False
        self._left: int | None = None  # bytes of audio still to come; None: unknown

    def feed(self, chunk: bytes) -> Samples:
        """Return the samples complete so far, perhaps none."""
        self._bytes += chunk
        if not self._in_data and not self._read_header():
            return _NOTHING
        return self._take_samples()

    def finish(self) -> None:
        """Mark the end of the input."""
        if not self._in_data or self._left:
            raise BadAnswer(Fault.CUT_SHORT)

    def _read_header(self) -> bool:
        """Return False while the header is incomplete."""
        if len(self._bytes) < 12:
            return False
        if self._bytes[:4] != b"RIFF" or self._bytes[8:12] != b"WAVE":
            raise BadAnswer(Fault.BROKEN)
        place = 12
        while len(self._bytes) >= place + 8:
            name, size = struct.unpack_from("<4sI", self._bytes, place)
            body = place + 8
            if name == b"data":
                return self._begin_data(body, size)
            if len(self._bytes) < body + size:
                break
            if name == b"fmt ":
                self._read_format(bytes(self._bytes[body : body + size]))
            place = body + size + size % 2
        if place > _LONGEST_HEADER or len(self._bytes) > _LONGEST_HEADER:
            raise BadAnswer(Fault.BROKEN)
        return False

    def _read_format(self, body: bytes) -> None:
        if len(body) < 16:
            raise BadAnswer(Fault.BROKEN)
        kind, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", body)
        if (
            kind not in {_PCM, _EXTENSIBLE}
            or bits != 16
            or not 1 <= channels <= 8
            or not 1_000 <= rate <= 384_000
        ):
            raise BadAnswer(Fault.BROKEN)
        self._channels, self.rate = channels, rate

    def _begin_data(self, start: int, size: int) -> bool:
        if self.rate is None:
            raise BadAnswer(Fault.BROKEN)
        del self._bytes[:start]
        self._in_data = True
        self._left = None if size in _UNKNOWN_SIZES else size
        return True

    def _take_samples(self) -> Samples:
        frame = 2 * self._channels
        whole = len(self._bytes) if self._left is None else min(len(self._bytes), self._left)
        whole -= whole % frame
        sound = np.frombuffer(bytes(self._bytes[:whole]), "<i2").astype(np.int16)
        del self._bytes[:whole]
        if self._left is not None:
            self._left -= whole
            if self._left < frame:
                self._left = 0
        if self._channels == 1:
            return sound
        mixed: Samples = sound.reshape(-1, self._channels).mean(axis=1).astype(np.int16)
        return mixed
