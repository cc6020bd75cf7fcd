"""What was measured, and the figures of the last line. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bench.support.statistics import median, percentile, ratio
from bench.turns.cases import Line

BATON, PLAIN = "Baton", "AgentSession"
UP_TO_S = 1.5
"""The longest pause that an agent has to wait for."""


@dataclass(frozen=True, slots=True)
class Nod:
    line: Line
    gone_on: bool

    def __str__(self) -> str:
        return f"{self.line}: {'went on' if self.gone_on else 'STOPPED or was answered'}"


@dataclass(frozen=True, slots=True)
class Interruption:
    """`after_ms`: from the interruption's first sound to silence; None: the agent did not stop."""

    line: Line
    after_ms: int | None

    def __str__(self) -> str:
        return (
            f"{self.line}: {'DID NOT STOP' if self.after_ms is None else f'silent after {self.after_ms} ms'}"
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """`after_ms`: from a complete sentence's last sound to the answer's first; None: cut, or no answer."""

    side: str
    line: Line
    after_ms: int | None

    def __str__(self) -> str:
        after = "CUT, or no answer" if self.after_ms is None else f"{self.after_ms} ms"
        return f"{self.side}, {self.line}: {after}"


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An unfinished turn. `heard`: what the agent took for the turn's words; None: it cannot be seen."""

    side: str
    line: Line
    cut: bool
    heard: str | None
    whole: bool

    @property
    def kept(self) -> bool:
        return not self.cut and self.whole

    def __str__(self) -> str:
        heard = "" if self.whole or self.heard is None else f", HEARD “{self.heard}”"
        return f"{self.side}, {self.line}: {'CUT' if self.cut else 'waited for'}{heard}"


@dataclass(frozen=True, slots=True)
class Handoff:
    """Times to the target's first sound from the caller's last and the holder's last, and any overlap."""

    line: Line
    to_target_ms: int
    seam_ms: int
    overlap_ms: int

    def __str__(self) -> str:
        seam = f"seam {self.seam_ms}, overlap {self.overlap_ms}"
        return f"{self.line}: target after {self.to_target_ms} ms, {seam}"


@dataclass(frozen=True, slots=True)
class Hearing:
    """What was sent to be transcribed. `words`: whether it was speech, not noise."""

    spoken_s: float
    requests: int
    sent_s: float
    words: bool = True

    def __str__(self) -> str:
        what = "talk" if self.words else "noise"
        return f"{self.spoken_s:.1f} s of {what}: {self.requests} requests, {self.sent_s:.1f} s sent"


@dataclass(frozen=True, slots=True)
class Slow:
    """A sentence that took seconds to transcribe. `heard`: its words came; the agent did not ask again."""

    line: Line
    heard: bool

    def __str__(self) -> str:
        return f"{self.line}: {'waited for' if self.heard else 'LOST'}"


Measured = Nod | Interruption | Answer | Unfinished | Handoff | Hearing | Slow
M = TypeVar("M", Nod, Interruption, Answer, Unfinished, Handoff, Hearing, Slow)


def figures(measured: Sequence[Measured], unsure_ms: int) -> dict[str, float | None]:
    """Return the last line's figures. None: not measured.

    `unsure_ms`: an answer at least this late means that LiveKit's turn detector was unsure and waited its
    longest. A synthetic voice makes it unsure more often than a person does, so `turn_ratio_sure` leaves
    these turns out.
    """
    nods, stops, handoffs = _of(Nod, measured), _of(Interruption, measured), _of(Handoff, measured)
    unfinished, hearing = _of(Unfinished, measured), _of(Hearing, measured)
    stopped = [stop.after_ms for stop in stops if stop.after_ms is not None]
    baton = _answers(measured, BATON)
    plain = _answers(measured, PLAIN)
    sure = [ms for ms in plain if ms < unsure_ms]
    to_target = [handoff.to_target_ms / 1000 for handoff in handoffs]
    expected = [each.kept for each in unfinished if each.side == BATON and each.line.pause_s <= UP_TO_S]
    cuts = {side: share([each.cut for each in unfinished if each.side == side]) for side in (BATON, PLAIN)}
    talk = [each for each in hearing if each.words]
    return {
        "nods_gone_on": share([nod.gone_on for nod in nods]),
        "interruptions_stopped": share([stop.after_ms is not None for stop in stops]),
        "stop_p95_ms": percentile(stopped, 95) if stopped else None,
        "pauses_kept": share(expected),
        "turn_ratio": ratio(median(baton), median(plain)) if baton and plain else None,
        "turn_ratio_sure": ratio(median(baton), median(sure)) if baton and sure else None,
        "turn_p50_ms": median(baton) if baton else None,
        "plain_turn_p50_ms": median(plain) if plain else None,
        "plain_unsure": float(len(plain) - len(sure)),
        "cut_share": cuts[BATON],
        "plain_cut_share": cuts[PLAIN],
        "cut_ratio": ratio(cuts[BATON], cuts[PLAIN]),
        "to_target_p50_s": round(median(to_target), 2) if to_target else None,
        "to_target_p95_s": round(percentile(to_target, 95), 2) if to_target else None,
        "overlap_ms": max((handoff.overlap_ms for handoff in handoffs), default=None),
        "seam_ms": median([handoff.seam_ms for handoff in handoffs]) if handoffs else None,
        "audio_sent_ratio": max((round(one.sent_s / one.spoken_s, 2) for one in talk), default=None),
        "requests_per_s": max((round(one.requests / one.spoken_s, 2) for one in talk), default=None),
        "slow_heard": share([one.heard for one in _of(Slow, measured)]),
        "noise_requests": max((one.requests for one in hearing if not one.words), default=None),
    }


TARGETS: Mapping[str, str] = {
    "nods_gone_on": "≥ 0.95",
    "interruptions_stopped": "≥ 0.97",
    "stop_p95_ms": "≤ 700",
    "pauses_kept": "≥ 0.95",
    "turn_ratio": "≤ 0.75",
    "cut_ratio": "≤ 0.5",
    "to_target_p50_s": "≤ 4.5",
    "to_target_p95_s": "≤ 6",
    "overlap_ms": "0",
    "seam_ms": "150 to 300",
    "audio_sent_ratio": "≤ 2.0",
    "requests_per_s": "≤ 1",
    "noise_requests": "≤ 30",
}
"""Baton's target for each figure."""


def share(good: Sequence[bool]) -> float | None:
    """Return the share that is true, 0 to 1, to three digits. None if there are none."""
    return round(sum(good) / len(good), 3) if good else None


def _of(kind: type[M], measured: Sequence[Measured]) -> list[M]:
    return [each for each in measured if isinstance(each, kind)]


def _answers(measured: Sequence[Measured], side: str) -> list[int]:
    return [
        each.after_ms
        for each in measured
        if isinstance(each, Answer) and each.side == side and each.after_ms is not None
    ]
