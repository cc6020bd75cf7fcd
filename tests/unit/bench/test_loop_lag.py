"""How an event loop's lag is computed from its heartbeats."""

from __future__ import annotations

import asyncio
import time
from contextlib import closing
from pathlib import Path

import pytest

from bench.loop.heartbeat import (
    BEAT,
    BEAT_S,
    WRITE,
    Beat,
    Recorder,
    lags_ms,
    longest_without_beat_s,
    read_records,
)

SECOND = 10.0, 11.0


def beats(start: float, end: float, *, late_s: float = 0.001) -> list[Beat]:
    dues = [start + number * BEAT_S for number in range(round((end - start) / BEAT_S))]
    return [(due, due + late_s) for due in dues]


def test_a_punctual_loop_has_a_lag_for_each_beat() -> None:
    lags = lags_ms(beats(10.0, 11.5), *SECOND)
    assert len(lags) == pytest.approx(200, abs=1)
    assert lags == pytest.approx([1.0] * len(lags))


def test_a_loop_that_stops_for_good_is_late_until_the_end() -> None:
    lags = lags_ms(beats(10.0, 10.5), *SECOND)
    assert max(lags) == pytest.approx(500, abs=6)
    assert len(lags) == pytest.approx(200, abs=2)


def test_a_loop_that_never_beat_is_late_all_the_time() -> None:
    assert max(lags_ms([], *SECOND)) == pytest.approx(1000, abs=6)
    assert longest_without_beat_s([], *SECOND) == 1.0


def test_beats_due_before_and_after_do_not_count() -> None:
    found = lags_ms([(9.0, 10.5), *beats(9.5, 11.5), *beats(11.5, 12, late_s=9)], *SECOND)
    assert max(found) == pytest.approx(1.0)


def test_the_longest_time_without_a_beat_reaches_to_the_edges() -> None:
    assert longest_without_beat_s([(10.1, 10.1), (10.4, 10.4)], *SECOND) == pytest.approx(0.6)


async def test_a_blocked_loop_shows_in_every_beat_that_was_due_meanwhile(tmp_path: Path) -> None:
    with closing(Recorder(tmp_path / "records")) as recorder, recorder.heartbeat():
        await asyncio.sleep(0.05)
        blocked_at = time.monotonic()
        time.sleep(0.2)  # noqa: ASYNC251 - this is what is looked for
        await asyncio.sleep(0.05)
    found = read_records((tmp_path / "records").read_text(), BEAT)
    around = blocked_at - 0.02, blocked_at + 0.22
    assert longest_without_beat_s(found, *around) >= 0.19
    assert max(lags_ms(found, *around)) >= 190
    dues = [due for due, _ in found]
    assert dues == pytest.approx([dues[0] + number * BEAT_S for number in range(len(dues))], abs=1e-4)


def test_records_are_read_as_written_but_for_a_line_broken_off(tmp_path: Path) -> None:
    with closing(Recorder(tmp_path / "records")) as recorder:
        with recorder.write():
            pass
        recorder.record(BEAT, 1.0, 1.005)
    text = (tmp_path / "records").read_text() + "beat 1"
    assert [value for value, _ in read_records(text, BEAT)] == [1.0, 1.005]
    assert len(read_records(text, WRITE)) == 1


def test_a_write_that_fails_is_not_recorded(tmp_path: Path) -> None:
    with (
        closing(Recorder(tmp_path / "records")) as recorder,
        pytest.raises(OSError, match="full"),
        recorder.write(),
    ):
        raise OSError("full")
    assert (tmp_path / "records").read_text() == ""
