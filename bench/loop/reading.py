"""A round's figures from what its processes wrote down. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bench.loop.clients import Answer, Outcome
from bench.loop.figures import Measured
from bench.loop.lag import Beat, Window, lags_ms, longest_without_a_beat_s
from bench.loop.plan import Ask
from bench.loop.tape import BEAT, ERROR, LOCKED, WRITE, Mark


def measured(outcome: Outcome, service: Sequence[Mark], agents: Sequence[Mark]) -> Measured:
    """Only what happened in the time that counts; errors of the warm-up are errors, too."""
    window = Window(outcome.start, outcome.end)
    beats = [Beat(float(mark.value), mark.at) for mark in service if mark.kind == BEAT]
    answers = [answer for answer in outcome.answers if answer.at in window]
    good = [answer for answer in answers if not answer.error]
    ours = [mark for mark in agents if mark.kind == ERROR]
    bad = [answer for answer in outcome.answers if answer.error]
    return Measured(
        window=window,
        lags_ms=lags_ms(beats, window),
        longest_still_s=longest_without_a_beat_s(beats, window),
        answered=len(good),
        writes_ms=_writes_ms(service, window),
        starts_ms=[_ms(answer) for answer in good if answer.what is Ask.START],
        errors=len(bad) + len(ours),
        locked=sum("locked" in answer.error for answer in bad) + sum(mark.value == LOCKED for mark in ours),
    )


def _writes_ms(marks: Sequence[Mark], window: Window) -> list[float]:
    return [float(mark.value) * 1000 for mark in marks if mark.kind == WRITE and mark.at in window]


def _ms(answer: Answer) -> float:
    return (answer.at - answer.asked_at) * 1000
