"""The figures of the loop's benchmark, and what is read off a round."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bench.loop.clients import Answer, Outcome
from bench.loop.figures import Figures, Measured, figures_of, ratios
from bench.loop.lag import Window
from bench.loop.plan import Ask
from bench.loop.reading import measured
from bench.loop.report import last_line
from bench.loop.tape import ERROR, LOCKED, Mark, Tape, read_tape
from bench.loop.ways import Way

ROUND = Measured(
    window=Window(10, 20),
    lags_ms=[1.0] * 99 + [8.0],
    longest_still_s=0.012,
    answered=500,
    writes_ms=[2.0, 4.0],
    starts_ms=[10.0],
    errors=2,
    locked=1,
)
FIGURES = Figures(1.0, 4.0, 9.0, 0.02, 200.0, 2.0, 20.0, 0, 0)


def answer(**changed: object) -> Answer:
    return Answer.model_validate({"what": Ask.LIST, "asked_at": 11.0, "at": 11.5, "status": 200, **changed})


def outcome(*answers: Answer) -> Outcome:
    return Outcome(start=10, end=20, answers=list(answers))


def test_rounds_are_taken_together() -> None:
    other = replace(ROUND, lags_ms=[50.0] * 100, longest_still_s=0.3, answered=100, writes_ms=[], errors=0)
    figures = figures_of([ROUND, other])
    assert (figures.lag_p50_ms, figures.lag_p99_ms, figures.lag_max_ms) == (8.0, 50.0, 50.0)
    assert (figures.zero_heartbeat_s, figures.requests_per_s) == (0.3, 30.0)
    assert (figures.write_p99_ms, figures.errors, figures.locked_errors) == (4.0, 2, 2)


def test_what_never_happened_has_no_figure_and_no_ratio() -> None:
    none = figures_of([replace(ROUND, writes_ms=[], starts_ms=[])])
    assert none.write_p99_ms is None
    assert ratios(FIGURES, none)["write_p99_ratio"] is None


def test_ratios_are_batons_over_the_other() -> None:
    other = replace(FIGURES, lag_p99_ms=8.0, write_p99_ms=20.0, requests_per_s=50.0, start_p99_ms=200.0)
    assert ratios(FIGURES, other) == {
        "lag_p99_ratio": 0.5,
        "write_p99_ratio": 0.1,
        "start_p99_ratio": 0.1,
        "throughput_ratio": 4.0,
    }


def test_only_answers_in_the_time_that_counts_are_counted_but_every_error() -> None:
    found = measured(
        outcome(
            answer(what=Ask.START),
            answer(at=9.0),
            answer(at=9.0, status=500, error="database is locked"),
            answer(status=0, error="ServerDisconnectedError"),
        ),
        [Mark("write", 9.0, "5"), Mark("write", 12.0, "0.002")],
        [Mark(ERROR, 12.0, LOCKED)],
    )
    assert (found.answered, found.errors, found.locked) == (1, 3, 2)
    assert found.starts_ms == [500.0]
    assert found.writes_ms == pytest.approx([2.0])


def test_a_tape_is_read_as_it_was_written_but_for_a_line_broken_off(tmp_path: Path) -> None:
    tape = Tape(tmp_path / "tape")
    with tape.write():
        pass
    tape.error("database is locked")
    tape.error("disk I/O error")
    tape.close()
    text = (tmp_path / "tape").read_text() + "beat 1"
    marks = read_tape(text)
    assert [mark.kind for mark in marks] == ["write", "error", "error"]
    assert [mark.value for mark in marks[1:]] == ["locked", "disk_I/O_error"]
    assert float(marks[0].value) >= 0


def test_a_write_that_fails_is_no_write(tmp_path: Path) -> None:
    tape = Tape(tmp_path / "tape")
    with pytest.raises(OSError, match="full"), tape.write():
        raise OSError("full")
    tape.close()
    assert (tmp_path / "tape").read_text() == ""


def test_the_last_line_is_json_of_all_three_ways_and_the_ratios() -> None:
    slow = replace(FIGURES, lag_p99_ms=8.0, locked_errors=3, errors=4)
    line = last_line(
        {Way.SYNCHRONOUS: slow, Way.TO_THREAD: slow, Way.BATON: FIGURES}, {"rounds": 2, "clients": 50}
    )
    name, _, text = line.partition(" ")
    assert name == "bench-loop:"
    told = json.loads(text)
    assert told["synchronous"]["lag_p99_ms"] == told["to_thread"]["lag_p99_ms"] == 8.0
    assert told["baton"]["zero_heartbeat_s"] == 0.02
    assert (told["lag_p99_ratio"], told["locked_errors"], told["rounds"]) == (0.5, 0, 2)
