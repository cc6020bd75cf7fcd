"""How late a loop is said to be, from its beats."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from fastapi import FastAPI
from hypothesis import example, given
from hypothesis import strategies as st

from bench.loop.heartbeat import with_heartbeat
from bench.loop.lag import BEAT_S, Beat, Window, lags_ms, longest_without_a_beat_s, next_due
from bench.loop.tape import BEAT, Tape, read_tape

SECOND = Window(10.0, 11.0)


def punctual(start: float, end: float) -> list[Beat]:
    count = round((end - start) / BEAT_S)
    return [Beat(start + number * BEAT_S, start + number * BEAT_S + 0.001) for number in range(count)]


def test_a_punctual_heart_has_a_lag_for_each_beat() -> None:
    lags = lags_ms(punctual(10.0, 11.5), SECOND)
    assert len(lags) == pytest.approx(200, abs=1)
    assert lags == pytest.approx([1.0] * len(lags))


def test_a_beat_half_a_second_late_stands_for_all_that_were_due_meanwhile() -> None:
    beats = [*punctual(10.0, 10.3), Beat(10.3, 10.8), *punctual(10.805, 11.1)]
    lags = lags_ms(beats, SECOND)
    assert len(lags) == pytest.approx(200, abs=2)
    assert max(lags) == pytest.approx(500)
    assert sum(lag > 10 for lag in lags) == pytest.approx(98, abs=2)


def test_a_heart_that_stops_for_good_is_late_until_the_end() -> None:
    lags = lags_ms(punctual(10.0, 10.5), SECOND)
    assert max(lags) == pytest.approx(500, abs=6)
    assert len(lags) == pytest.approx(200, abs=2)


def test_a_heart_that_never_beat_is_late_all_the_time() -> None:
    assert max(lags_ms([], SECOND)) == pytest.approx(1000, abs=6)
    assert longest_without_a_beat_s([], SECOND) == 1.0


def test_what_was_before_and_after_does_not_count() -> None:
    beats = [Beat(5.0, 9.0), *punctual(9.5, 11.5), Beat(11.5, 20.0)]
    assert max(lags_ms(beats, SECOND)) == pytest.approx(1.0)


def test_of_a_beat_that_was_due_before_and_came_within_only_what_is_within_counts() -> None:
    lags = lags_ms([Beat(9.0, 10.5), *punctual(10.505, 11.5)], SECOND)
    assert max(lags) == pytest.approx(500, abs=6)


def test_the_longest_stretch_without_a_beat_reaches_to_the_edges() -> None:
    assert longest_without_a_beat_s([Beat(10.1, 10.1), Beat(10.4, 10.4)], SECOND) == pytest.approx(0.6)


@given(st.lists(st.floats(0, 0.3), max_size=40))
@example([0.25, 0.25, 0.25])
def test_whatever_the_delays_every_beat_that_was_due_is_counted_once(delays: list[float]) -> None:
    beats, due = [], 9.9
    for delay in delays:
        beats.append(Beat(due, due + delay))
        due = next_due(due, due + delay)
    assert len(lags_ms(beats, SECOND)) == pytest.approx(200, abs=2)


async def test_a_blocked_loop_shows_in_the_beats_of_an_apps_own_lifespan(tmp_path: Path) -> None:
    tape = Tape(tmp_path / "tape")
    app = with_heartbeat(FastAPI(), tape)
    async with app.router.lifespan_context(app):
        await asyncio.sleep(0.05)
        blocked_at = time.monotonic()
        time.sleep(0.2)  # noqa: ASYNC251 - this is what is looked for
        await asyncio.sleep(0.05)
    beats = [Beat(float(mark.value), mark.at) for mark in read_tape((tmp_path / "tape").read_text())]
    assert {mark.kind for mark in read_tape((tmp_path / "tape").read_text())} == {BEAT}
    around = Window(blocked_at - 0.02, blocked_at + 0.22)
    assert longest_without_a_beat_s(beats, around) >= 0.19
    assert max(lags_ms(beats, around)) >= 190
    tape.close()
