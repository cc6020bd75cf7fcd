"""The run of the catalogue, on a small project: tests that pass, fail, or report what was heard."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from bench.faults.catalogue import Row
from bench.faults.results import Driven, HeardCall, Left, figures, result_of
from bench.faults.show import Show

A1, A6, C3 = (Row(id, f"fault {id}", f"must {id}") for id in ("A1", "A6", "C3"))


def call(
    silence_ms: int = 500, *, what: str = "", at_once: Sequence[tuple[int, int]] = (), room: str = "r"
) -> HeardCall:
    return HeardCall(what, silence_ms, at_once, room, "baton.db", [7])


def driven(*rows: str, passed: bool = True, calls: Sequence[HeardCall] = ()) -> Driven:
    return Driven("it goes on", "", rows, passed, 2.0, list(calls))


def test_row_is_what_its_tests_say_and_shows_their_longest_silence() -> None:
    tests = [driven("A6", calls=[call(700), call(400)]), driven("A6", "C3", passed=False)]
    six, three, one = (result_of(row, tests, Left()) for row in (A6, C3, A1))
    assert (six.passed, six.outcome, six.silence_ms) == (False, "1 of 2 failed", 700)
    assert (three.outcome, three.silence_ms) == ("1 of 1 failed", None)
    assert (one.passed, one.outcome) == (False, "no test")


def test_row_whose_tests_pass_fails_for_what_is_left_or_was_heard_twice() -> None:
    tests = [driven("A6", calls=[call()])]
    assert result_of(A6, tests, Left()).outcome == "1 passed"
    for left in (Left(open_rows={"r": 1}), Left(processes={7: 2})):
        result = result_of(A6, tests, left)
        assert (result.passed, result.outcome) == (False, "left something")
    assert not result_of(A6, [driven("A6", calls=[call(at_once=[(4_000, 4_300)])])], Left()).passed
    assert result_of(A6, tests, Left(open_rows={"elsewhere": 1}, processes={8: 1})).passed


def test_row_of_which_a_test_was_not_run_has_not_passed() -> None:
    waiting = driven("A6")
    waiting.ran = False
    result = result_of(A6, [driven("A6"), waiting], Left())
    assert (result.passed, result.outcome) == (False, "1 of 2 not run")


def test_recovery_ratio_is_of_deaths_that_a_worker_lives_through_to_bare_dispatches() -> None:
    test = driven("A6", calls=[call(600, what="holder"), call(4_000, what="worker"), call(300)])
    test.silences = [("target", 900), ("bare", 600)]
    found = figures([result_of(A6, [test], Left())], [test])
    assert found == {
        "rows": 1,
        "passed": 1,
        "failed": 0,
        "worst_silence_ms": 4_000,
        "p95_silence_ms": 4_000,
        "recovery_p95_ms": 900,
        "bare_p95_ms": 600,
        "recovery_ratio": 1.5,
    }


def test_figure_that_nothing_was_measured_for_is_none() -> None:
    found = figures([result_of(A1, [], Left())], [])
    assert [found[name] for name in ("failed", "worst_silence_ms", "recovery_ratio")] == [1, None, None]


def shown(*, terminal: bool) -> str:
    out = io.StringIO()
    show = Show(Console(file=out, force_terminal=terminal, width=100, highlight=False))
    show.begins(3, [A6, C3])
    failed = driven("A6", passed=False, calls=[call(700), call(500)])
    failed.why = "AssertionError: no"
    for test in (quick := driven("C3"), quick, failed):
        test.seconds = 0.1 if test is quick else 2.0
        show.test_begins(test)
        show.test_ended(test)
    show.failures({"tests/test_it.py::test_it (call)": "AssertionError: no"})
    show.table([result_of(A6, [quick], Left()), result_of(C3, [quick], Left())])
    show.last_line({"rows": 2})
    return out.getvalue()


def test_piped_output_is_plain_and_ends_with_the_line_for_machines() -> None:
    lines = shown(terminal=False).splitlines()
    assert not any("\x1b" in line or "│" in line for line in lines)
    assert any(line.endswith("C3         passed  it goes on (2 cases)") for line in lines)
    told = "A6         FAILED  it goes on · longest silence 700 ms, median 600 ms of 2"
    (place,) = (place for place, line in enumerate(lines) if line.endswith(told))
    assert lines[place + 1].strip() == "AssertionError: no"
    assert "C3 | it goes on | 1 passed | – | 0 | 0 | 0" in lines
    assert "A6 | fault A6 | no test | – | 0 | 0 | 0" in lines
    assert lines[-1] == 'faults: {"rows": 2}'


def test_terminal_has_a_table() -> None:
    assert any("A6" in line and line.count("│") == 8 for line in shown(terminal=True).splitlines())


TESTS = """
import os
import signal

import pytest


@pytest.mark.fault("A6")
def test_it_goes_on(record_property):
    record_property("fault.silence_ms", ("holder", 800))


@pytest.mark.fault("C3")
@pytest.mark.fault("A6")
@pytest.mark.parametrize("number", [1, 2])
def test_it_stops(number):
    assert number == 1


@pytest.mark.fault("B1")
def test_it_passes_and_is_slow(record_property):
    record_property("fault.silence_ms", ("bare", 500))
    record_property("fault.silence_ms", ("holder", 660))


@pytest.mark.fault("C13")
def test_it_is_in_a_run_that_is_ended():
    os.kill(os.getpid(), signal.SIGTERM)


def test_it_has_no_fault():
    assert False
"""
RUN = """
import sys

import pytest
from rich.console import Console

from bench.faults.__main__ import OPTIONS
from bench.faults.catalogue import catalogue, chosen
from bench.faults.plugin import FaultRun
from bench.faults.show import Show

run = FaultRun(chosen(catalogue(), sys.argv[2].split(",")), Show(Console(highlight=False)))
sys.exit(pytest.main([sys.argv[1], "-o", "markers=fault", "-p", "no:cacheprovider", *OPTIONS], plugins=[run]))
"""


def run(folder: Path, only: str) -> tuple[int, list[str]]:
    tests = folder / "tests"
    tests.mkdir(exist_ok=True)
    (tests / "test_small.py").write_text(TESTS, encoding="utf-8")
    (tests / "pytest.ini").write_text(
        "[pytest]\nasyncio_default_fixture_loop_scope = function\n", encoding="utf-8"
    )
    ended = subprocess.run(  # a pytest within pytest would share its plugins
        [sys.executable, "-c", RUN, str(tests), only], capture_output=True, text=True, check=False
    )
    assert not ended.stderr
    return ended.returncode, ended.stdout.splitlines()


def test_run_drives_the_tests_of_its_rows_and_fails_when_one_does(tmp_path: Path) -> None:
    code, lines = run(tmp_path, "A6,C3")
    found = json.loads(lines[-1].removeprefix("faults: "))
    assert code == 1
    assert lines[0] == "3 tests drive 2 rows of docs/faults.md."
    assert (found["rows"], found["passed"], found["failed"], found["recovery_p95_ms"]) == (2, 0, 2, 800)
    assert any("assert 2 == 1" in line for line in lines), "the failure is told"


def test_run_that_is_ended_shows_what_it_found(tmp_path: Path) -> None:
    code, lines = run(tmp_path, "C3,C13")
    found = json.loads(lines[-1].removeprefix("faults: "))
    assert code != 0
    assert (found["rows"], found["passed"]) == (2, 0)
    assert any("assert 2 == 1" in line for line in lines)


def test_run_in_which_recovering_takes_too_long_beside_a_bare_dispatch_fails(tmp_path: Path) -> None:
    code, lines = run(tmp_path, "B1")
    found = json.loads(lines[-1].removeprefix("faults: "))
    assert code == 1
    assert (found["passed"], found["failed"], found["recovery_ratio"]) == (1, 0, 1.32)
    assert "1.32 is more than 1.3" in lines


def test_row_without_a_test_fails_the_run(tmp_path: Path) -> None:
    code, lines = run(tmp_path, "C7")
    assert code != 0
    assert any(line.startswith("C7 | ") and "no test" in line for line in lines)
