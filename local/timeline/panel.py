"""Draws lanes of audio over a time axis, as SVG elements. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from local.caller.tape import RATE_HZ, Samples
from local.measure.lanes import LOUD, Span
from local.timeline.shapes import path, seconds, text

_PITCH = 4.0  # distance between two strokes of a waveform
_TICKS_S = (0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300)
_WIDEST_TICK = 110.0
_FULL = 5_000.0  # RMS that fills a lane


@dataclass(frozen=True, slots=True)
class Lane:
    """One audio source: int16 mono samples at RATE_HZ from time zero, in the colour of `who`."""

    name: str
    who: Literal["caller", "first", "second", "music"]
    samples: Samples


@dataclass(frozen=True, slots=True)
class Axis:
    """Maps time to x."""

    shown: Span
    left: float
    right: float

    def x(self, at_ms: float) -> float:
        share = (at_ms - self.shown.start_ms) / (self.shown.end_ms - self.shown.start_ms)
        return self.left + min(1.0, max(0.0, share)) * (self.right - self.left)

    def ticks_ms(self) -> Sequence[int]:
        """Return the times of the ticks: round values, as dense as is readable."""
        per_second = (self.right - self.left) * 1000 / (self.shown.end_ms - self.shown.start_ms)
        step_s = next((s for s in _TICKS_S if s * per_second >= _WIDEST_TICK / 2), _TICKS_S[-1])
        step = round(step_s * 1000)
        return range(-(-self.shown.start_ms // step) * step, self.shown.end_ms + 1, step)


def draw_lanes(lanes: Sequence[Lane], axis: Axis, *, top: float, lane: int) -> tuple[list[str], float]:
    """Draw lanes of height `lane` over an axis. Return the elements and their lower edge."""
    bottom = top + len(lanes) * lane
    parts = _draw_axis(axis, top=top - 4, bottom=bottom)
    for number, one in enumerate(lanes):
        middle = top + (number + 0.5) * lane
        parts.append(text(28, middle + 4.5, one.name, f"name {one.who}-name"))
        parts.append(path("rest", f"M{axis.left} {middle}H{axis.right}"))
        strokes = _waveform(one.samples, axis, middle=middle, height=lane - 6)
        if strokes:
            parts.append(path(f"wave {one.who}", strokes))
    return parts, bottom + 24


def _draw_axis(axis: Axis, *, top: float, bottom: float) -> list[str]:
    parts = []
    for at_ms in axis.ticks_ms():
        x = axis.x(at_ms)
        parts.append(path("grid", f"M{x:.1f} {top}V{bottom + 4}"))
        parts.append(text(x, bottom + 18, seconds(at_ms, places=0 if at_ms % 1000 == 0 else 1), "tick"))
    return parts


def _waveform(samples: Samples, axis: Axis, *, middle: float, height: float) -> str:
    """Draw strokes scaled by loudness; the square root keeps soft speech visible."""
    count = int((axis.right - axis.left) // _PITCH)
    edges = np.linspace(axis.shown.start_ms, axis.shown.end_ms, count + 1) * RATE_HZ // 1000
    strokes = []
    for number, (start, end) in enumerate(zip(edges[:-1].astype(int), edges[1:].astype(int), strict=True)):
        loudness = _loudness(samples[start:end])
        if loudness >= LOUD:
            half = max(1.0, min(1.0, (loudness / _FULL) ** 0.5) * height / 2)
            x = axis.left + (number + 0.5) * _PITCH
            strokes.append(f"M{x:.1f} {middle - half:.1f}v{2 * half:.1f}")
    return "".join(strokes)


def _loudness(samples: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0
