"""A pytest plugin: runs the tests of the chosen rows, and collects what they report about their faults."""

from __future__ import annotations

import signal
from collections.abc import Sequence

import pytest

from bench.faults.catalogue import Row
from bench.faults.left import look
from bench.faults.results import RECOVERY_RATIO, Driven, HeardCall, figures, result_of, too_slow
from bench.faults.show import Show

CALL, SILENCE = "fault.call", "fault.silence_ms"  # as in tests/support/fault_report.py


class FaultRun:
    """One run. It replaces pytest's own terminal report."""

    def __init__(self, rows: Sequence[Row], show: Show) -> None:
        self._rows, self._show = rows, show
        self._driven: dict[str, Driven] = {}
        self._failures: dict[str, str] = {}

    @pytest.hookimpl
    def pytest_sessionstart(self) -> None:
        """Make a terminated run show its results too."""
        signal.signal(signal.SIGTERM, signal.default_int_handler)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Keep the rows' tests, in the catalogue's order.

        A file's tests, which share a stack, stay together.
        """
        order = {row.id: place for place, row in enumerate(self._rows)}
        places = {item: [order[row] for row in rows_of(item) if row in order] for item in items}
        files: dict[object, int] = {}
        for item in items:
            if places[item]:
                files[item.path] = min(files.get(item.path, len(order)), *places[item])
        config.hook.pytest_deselected(items=[item for item in items if not places[item]])
        items[:] = sorted(
            (item for item in items if places[item]),
            key=lambda item: (files[item.path], str(item.path), min(places[item])),
        )
        for item in items:
            self._driven[item.nodeid] = Driven(*sentence_of(item), rows_of(item), ran=False)
        self._show.begins(len(items), self._rows)

    @pytest.hookimpl
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._failures[report.nodeid] = report.longreprtext

    @pytest.hookimpl
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._show.test_begins(self._driven[nodeid])

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        driven = self._driven[report.nodeid]
        if not isinstance(report, pytest.SubtestReport):  # its time is included in its test's
            driven.seconds += report.duration
        if not report.passed:
            driven.passed = False
            driven.why = driven.why or why(report)
            self._failures[f"{report.nodeid} ({report.when})"] = report.longreprtext
        if report.when == "teardown":
            driven.ran = True
            told = report.user_properties
            driven.calls = [HeardCall(**value) for name, value in told if name == CALL]  # type: ignore[arg-type]
            driven.silences = [value for name, value in told if name == SILENCE]  # type: ignore[misc]
            self._show.test_ended(driven)
            self._tell_failures()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        driven = list(self._driven.values())
        left = look(call for test in driven for call in test.calls)
        results = [result_of(row, driven, left) for row in self._rows]
        found = figures(results, driven)
        if slow := too_slow(found):
            self._failures[RECOVERY_RATIO] = slow
        passed = not slow and all(result.passed for result in results)
        if not passed and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        self._tell_failures()
        self._show.table(results)
        self._show.last_line(found)

    def _tell_failures(self) -> None:
        """Show failures immediately: a run of two hours may be terminated."""
        self._show.failures(self._failures)
        self._failures.clear()


def why(report: pytest.TestReport) -> str:
    """Return the error's first line."""
    crash = getattr(report.longrepr, "reprcrash", None)
    lines = str(getattr(crash, "message", report.longrepr)).splitlines()
    return lines[0] if lines else ""


def rows_of(item: pytest.Item) -> list[str]:
    return [str(mark.args[0]) for mark in item.iter_markers("fault")]


def sentence_of(item: pytest.Item) -> tuple[str, str]:
    """Return a test's name as a sentence, and its case."""
    name, _, case = item.name.partition("[")
    return name.removeprefix("test_").replace("_", " "), case.removesuffix("]")
