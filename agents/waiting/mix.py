"""What one caller in line hears: music with lines in between, in pieces of any length. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]

SAMPLE_RATE = 24_000

_PAUSE = round(0.25 * SAMPLE_RATE)
_FADE_IN, _FADE_OUT = round(0.8 * SAMPLE_RATE), round(0.2 * SAMPLE_RATE)


@dataclass
class Mix:
    """Samples are mono, 16 bit, at SAMPLE_RATE. Silence plays until `music` is there."""

    music: Callable[[], Samples]
    _lines: deque[Samples] = field(default_factory=deque)
    _line: Samples | None = None
    _at: int = 0  # in the music
    _volume: float = 0.0
    _finishing: bool = False

    def say(self, line: Samples) -> None:
        """Say a line after those queued before. The music fades out first, and in again afterwards."""
        self._lines.append(np.concatenate([line, np.zeros(_PAUSE, np.int16)]))

    def finish(self) -> None:
        """End with the line that plays now, or fade out; queued lines are dropped."""
        self._finishing = True
        self._lines.clear()

    def finish_after_lines(self) -> None:
        """End once every line is said."""
        self._finishing = True

    @property
    def speaks(self) -> bool:
        return self._line is not None or bool(self._lines)

    @property
    def finished(self) -> bool:
        return self._finishing and not self.speaks and self._volume == 0.0

    def next(self, samples: int) -> Samples:
        """Return the next piece, exactly `samples` long."""
        if self._volume == 0.0 and self._line is None and self._lines:
            self._line = self._lines.popleft()
        if self._line is not None:
            return self._of_line(samples)
        return self._of_music(samples)

    def _of_line(self, samples: int) -> Samples:
        assert self._line is not None
        piece, rest = self._line[:samples], self._line[samples:]
        self._line = rest if len(rest) else None
        return np.pad(piece, (0, samples - len(piece)))

    def _of_music(self, samples: int) -> Samples:
        fades_out = self._finishing or bool(self._lines)
        step = -1 / _FADE_OUT if fades_out else 1 / _FADE_IN
        volumes = np.clip(self._volume + step * np.arange(1, samples + 1), 0.0, 1.0)
        self._volume = float(volumes[-1])
        music = self.music()
        if not len(music):
            self._volume = 0.0
            return np.zeros(samples, np.int16)
        places = (self._at + np.arange(samples)) % len(music)
        self._at = int(places[-1]) + 1
        piece: Samples = (music[places] * volumes).astype(np.int16)
        return piece
