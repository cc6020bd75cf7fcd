"""What a run shows: a line for each test while it runs, a table of the rows, and a last line."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from time import monotonic

from rich.console import Console
from rich.status import Status
from rich.table import Table
from rich.text import Text

from bench.faults.catalogue import Row
from bench.faults.results import Driven, RowResult, silences

_COLUMNS = ("row", "what was done", "outcome", "longest silence", "duplicates", "rows open", "processes left")

_QUICK_S = 1.0


class Show:
    """Colours and a spinner on a terminal; plain lines if the output is piped."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = None
        self._started_s = monotonic()
        self._done, self._tests = 0, 0
        self._quick: list[Driven] = []

    def begins(self, tests: int, rows: Sequence[Row]) -> None:
        self._tests = tests
        self._print(f"{tests} tests drive {len(rows)} rows of docs/faults.md.")
        if self._console.is_terminal:
            self._status = self._console.status("starting")
            self._status.start()

    def test_begins(self, test: Driven) -> None:
        if self._status is not None:
            self._status.update(f"{self._done + 1} of {self._tests}: {test.sentence}")

    def test_ended(self, test: Driven) -> None:
        """Show a test's result. Quick cases of one test share a line; a slow or failed case has its own."""
        self._done += 1
        if self._quick and self._quick[0].sentence != test.sentence:
            self._tell_quick()
        if test.passed and test.seconds < _QUICK_S:
            self._quick.append(test)
        else:
            self._tell(test, f" ({test.case})" if test.case else "")

    def _tell_quick(self) -> None:
        if self._quick:
            self._tell(self._quick[0], f" ({len(self._quick)} cases)" if len(self._quick) > 1 else "")
        self._quick = []

    def _tell(self, test: Driven, cases: str) -> None:
        line = Text.assemble(
            (f"{monotonic() - self._started_s:7.1f} s  ", "dim"),
            f"{','.join(sorted(set(test.rows))):<10} ",
            ("passed  ", "green") if test.passed else ("FAILED  ", "bold red"),
            f"{test.sentence}{cases}",
            (_heard(list(silences(test))), "dim"),
            (_at_once([spell for call in test.calls for spell in call.at_once]), "red"),
            (f"\n{' ' * 11}{test.why}" if test.why else "", "red"),
        )
        self._console.print(line, soft_wrap=True)

    def failures(self, failures: Mapping[str, str]) -> None:
        for where, what in failures.items():
            self._print(f"\n---- {where}\n{what}")

    def table(self, results: Sequence[RowResult]) -> None:
        self._tell_quick()
        if self._status is not None:
            self._status.stop()
        if self._console.is_terminal:
            self._rich(results)
            return
        self._print("\n" + " | ".join(_COLUMNS))
        for result in results:
            self._print(" | ".join(_cells(result, "; ")))

    def last_line(self, figures: Mapping[str, object]) -> None:
        self._print(f"faults: {json.dumps(figures)}")

    def _rich(self, results: Sequence[RowResult]) -> None:
        table = Table(*_COLUMNS, show_lines=True)
        for column in table.columns[3:]:
            column.justify = "right"
        for result in results:
            table.add_row(*_cells(result, "\n"), style="" if result.passed else "red")
        self._console.print(table)

    def _print(self, words: str) -> None:
        self._console.print(Text(words), soft_wrap=True)


def _heard(silences_ms: Sequence[int]) -> str:
    if not silences_ms:
        return ""
    rounds = f", median {median(silences_ms):g} ms of {len(silences_ms)}" if len(silences_ms) > 1 else ""
    return f" · longest silence {max(silences_ms)} ms{rounds}"


def _at_once(spells_ms: Sequence[tuple[int, int]]) -> str:
    spells = ", ".join(f"{begin} to {end} ms" for begin, end in spells_ms)
    return f" · two agents at once: {spells}" if spells else ""


def _cells(result: RowResult, between: str) -> list[str]:
    done = between.join(_counted(test.sentence for test in result.tests))
    return [
        result.row.id,
        done or result.row.fault,
        result.outcome,
        "–" if result.silence_ms is None else f"{result.silence_ms} ms",
        str(result.duplicates),
        str(result.open_rows),
        str(result.processes),
    ]


def _counted(sentences: Iterable[str]) -> Iterable[str]:
    for sentence, times in Counter(sentences).items():
        yield sentence if times == 1 else f"{sentence} ({times} cases)"
