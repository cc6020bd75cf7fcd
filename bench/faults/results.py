"""The result of each test, and of each row of the catalogue from its tests. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from bench.faults.catalogue import Row
from bench.support.statistics import percentile

BARE = "bare"
"""The label of a silence that ends with an agent that was only dispatched, without a call or context."""

LIVED = frozenset({"holder", "target"})
"""Deaths that a worker survives. The silences after them are compared with bare dispatches."""

RECOVERY_RATIO = "recovery_ratio"
_RECOVERY_RATIO_LIMIT = 1.3
"""Baton's promise (A6): a dead agent is replaced nearly as fast as an agent can be dispatched at all."""


@dataclass(frozen=True, slots=True)
class HeardCall:
    """One caller's call: the longest silence after the fault, when two agents talked at once, and its room.

    `at_once` has beginnings and ends, in ms of the caller's clock.
    """

    what: str
    silence_ms: int
    at_once: Sequence[tuple[int, int]]
    room: str
    store: str
    groups: Sequence[int] = ()


@dataclass(slots=True)
class Driven:
    """One test, or one case of a test. `silences` are those that it measured itself, with what had died.

    `why` says in one line why it did not pass.
    """

    sentence: str
    case: str
    rows: Sequence[str]
    passed: bool = True
    seconds: float = 0.0
    calls: list[HeardCall] = field(default_factory=list)
    silences: list[tuple[str, int]] = field(default_factory=list)
    why: str = ""
    ran: bool = True


@dataclass(frozen=True, slots=True)
class Left:
    """What a run left behind: rows that never ended, by room; processes, by group."""

    open_rows: Mapping[str, int] = field(default_factory=dict)
    processes: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RowResult:
    """The result of one row. `silence_ms` is None if no test of the row had a caller who listens."""

    row: Row
    tests: Sequence[Driven]
    silence_ms: int | None
    duplicates: int
    open_rows: int
    processes: int

    @property
    def passed(self) -> bool:
        """Whether every test passed and nothing was left behind."""
        held = all(test.passed and test.ran for test in self.tests)
        return bool(self.tests) and held and not (self.duplicates or self.open_rows or self.processes)

    @property
    def outcome(self) -> str:
        if not self.tests:
            return "no test"
        failed = sum(not test.passed for test in self.tests)
        if failed:
            return f"{failed} of {len(self.tests)} failed"
        if waiting := sum(not test.ran for test in self.tests):
            return f"{waiting} of {len(self.tests)} not run"
        return f"{len(self.tests)} passed" if self.passed else "left something"


def result_of(row: Row, driven: Iterable[Driven], left: Left) -> RowResult:
    tests = [test for test in driven if row.id in test.rows]
    calls = [call for test in tests for call in test.calls]
    return RowResult(
        row=row,
        tests=tests,
        silence_ms=max(chain.from_iterable(silences(test) for test in tests), default=None),
        duplicates=sum(len(call.at_once) for call in calls),
        open_rows=sum(left.open_rows.get(room, 0) for room in {call.room for call in calls}),
        processes=sum(left.processes.get(group, 0) for group in {g for call in calls for g in call.groups}),
    )


def silences(test: Driven) -> Iterable[int]:
    """Yield all silences that callers heard, in ms. A bare dispatch has no caller."""
    yield from (call.silence_ms for call in test.calls)
    yield from (silence_ms for what, silence_ms in test.silences if what != BARE)


def figures(results: Sequence[RowResult], driven: Sequence[Driven]) -> dict[str, float | None]:
    """Return the last line's figures: rows, and silences in ms. A figure without a measurement is None.

    `recovery_ratio`: the 95th percentile of silences after a holder or target died, over that of bare
    dispatches.
    """
    heard = list(chain.from_iterable(silences(test) for test in driven))
    recovered, bare = _died(driven, LIVED), _died(driven, {BARE})
    ratio = round(percentile(recovered, 95) / percentile(bare, 95), 3) if recovered and bare else None
    return {
        "rows": len(results),
        "passed": sum(result.passed for result in results),
        "failed": sum(not result.passed for result in results),
        "worst_silence_ms": max(heard, default=None),
        "p95_silence_ms": _p95(heard),
        "recovery_p95_ms": _p95(recovered),
        "bare_p95_ms": _p95(bare),
        RECOVERY_RATIO: ratio,
    }


def too_slow(found: Mapping[str, float | None]) -> str:
    """Return in one line why the figures fail the run, or "" if they do not."""
    ratio = found[RECOVERY_RATIO]
    if ratio is None or ratio <= _RECOVERY_RATIO_LIMIT:
        return ""
    return f"{ratio} is more than {_RECOVERY_RATIO_LIMIT}"


def _died(driven: Sequence[Driven], what: Iterable[str]) -> list[int]:
    calls = [(call.what, call.silence_ms) for test in driven for call in test.calls]
    own = [silence for test in driven for silence in test.silences]
    return [silence_ms for died, silence_ms in (*calls, *own) if died in what]


def _p95(values: Sequence[int]) -> int | None:
    return round(percentile(values, 95)) if values else None
