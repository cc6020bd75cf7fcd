"""Every fault of the catalogue has a test, and every test that names a fault names one of the catalogue."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.faults.catalogue import catalogue, chosen, rows
from errors import BadInput

TESTS = Path(__file__).parents[2]


def named_rows() -> Iterator[tuple[str, str]]:
    """Yield each row that a `pytest.mark.fault("…")` in tests names, and where. No test is imported."""
    for path in sorted(TESTS.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "mark.fault" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.fault":
                (row,) = node.args
                yield ast.literal_eval(row), f"{path.relative_to(TESTS)}:{node.lineno}"


def test_every_row_has_a_test() -> None:
    driven = {row for row, _ in named_rows()}
    assert [row.id for row in catalogue() if row.id not in driven] == []


def test_no_test_names_a_row_that_is_not_there() -> None:
    known = {row.id for row in catalogue()}
    assert [where for row, where in named_rows() if row not in known] == []


def test_the_catalogue_is_read_whole_and_each_number_stands_once() -> None:
    text = (TESTS.parent / "docs" / "faults.md").read_text(encoding="utf-8")
    numbered = [line for line in text.splitlines() if line.startswith("| ") and line[2] in "ABCNPT"]
    ids = [row.id for row in rows(text)]
    assert len(ids) == len(numbered) == len(set(ids))


def test_rows_are_chosen_by_number_in_the_catalogues_order() -> None:
    assert [row.id for row in chosen(catalogue(), ["c3", " A6 "])] == ["A6", "C3"]
    assert chosen(catalogue(), [""]) == catalogue()
    with pytest.raises(BadInput, match="z9"):
        chosen(catalogue(), ["Z9"])
