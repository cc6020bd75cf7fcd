"""How late a loop is, from the beats of its heart. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

BEAT_S = 0.005


@dataclass(frozen=True, slots=True)
class Beat:
    """When it was due and when the loop got to it, in seconds of one clock."""

    due: float
    at: float


@dataclass(frozen=True, slots=True)
class Window:
    """The time that counts, in seconds of the same clock."""

    start: float
    end: float

    def __contains__(self, at: float) -> bool:
        return self.start <= at <= self.end

    @property
    def seconds(self) -> float:
        return self.end - self.start


def next_due(due: float, at: float) -> float:
    """When the beat after one is due that was due then and came now: those in between never come."""
    return due + BEAT_S * (1 + _passed(due, at))


def lags_ms(beats: Sequence[Beat], window: Window) -> list[float]:
    """One for every beat that was due in the window, also for those that never came.

    While the loop stands still no beat can show it: one late by a second stands for the 200 that were due in
    that second. Where none came any more, they were late by at least what was left of the window.
    """
    missing = Beat(next_due(beats[-1].due, beats[-1].at) if beats else window.start, window.end)
    come = beats if beats and beats[-1].at >= window.end else [*beats, missing]
    return [(at - due) * 1000 for beat in come for due, at in _due(beat) if due in window]


def _due(beat: Beat) -> Iterator[tuple[float, float]]:
    for late in range(_passed(beat.due, beat.at) + 1):
        yield beat.due + late * BEAT_S, beat.at


def _passed(due: float, at: float) -> int:
    """How many more beats were due by then."""
    return max(0, int((at - due) / BEAT_S))


def longest_without_a_beat_s(beats: Sequence[Beat], window: Window) -> float:
    """The longest stretch of the window in which the loop did not get to any beat."""
    inside = [beat.at for beat in beats if beat.at in window]
    return max(two - one for one, two in pairwise([window.start, *inside, window.end]))
