"""SQLite finds calls by its indexes, newest first, and sorts nothing, however many calls there are."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from persistence.sql.calls import calls_where
from persistence.sql.keeping import HIDE_NUMBER, PURGE_NUMBERS, PURGE_ROOM, PURGE_WORDS
from tests.support.database import make_database

AFTER = {"after_at": 1, "after_id": "call"}


@pytest.mark.parametrize(
    ("given", "search", "index"),
    [
        ({}, "", "calls_by_time"),
        ({"is_open": True}, "", "open_calls"),
        ({"to_call_back": True}, "", "calls_to_call_back"),
        ({"ended_how": "failed"}, "", "calls_by_outcome"),
        ({"is_over": True, **AFTER}, "", "calls_by_time"),
        ({"since": 1, "until": 2}, "zzz", "calls_by_time"),
        ({"role": "billing"}, "", "calls_by_time"),
    ],
)
def test_a_page_of_calls_is_read_by_an_index_in_its_order(
    tmp_path: Path, given: dict[str, object], search: str, index: str
) -> None:
    make_database(tmp_path / "baton.db")
    statement, values = calls_where(given, search)
    with closing(sqlite3.connect(tmp_path / "baton.db")) as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}", {**values, "limit": 50}).fetchall()
    steps = [str(row[3]) for row in plan]
    assert any(
        step.startswith(("SCAN calls USING", "SEARCH calls USING")) and index in step for step in steps
    )
    assert not any("TEMP B-TREE FOR ORDER" in step or step.startswith("SCAN turns") for step in steps), steps
    others = [step for step in steps if " handoffs" in step or " offers" in step]
    assert all("COVERING INDEX" in step for step in others), steps


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (PURGE_WORDS.sqlite, "calls_with_words"),
        (PURGE_NUMBERS.sqlite, "calls_with_numbers"),
        (HIDE_NUMBER.sqlite, "calls_that_tell_numbers"),
        (PURGE_ROOM.sqlite, "requests_with_rooms"),
        (
            "UPDATE operator_requests SET room = id WHERE +call_id IS NULL AND room = 'room'",  # as in 016
            "one_request_a_key",
        ),
    ],
)
def test_finding_3_the_purge_finds_each_row_by_an_index_however_many_there_are(
    tmp_path: Path, statement: str, index: str
) -> None:
    make_database(tmp_path / "baton.db")
    with closing(sqlite3.connect(tmp_path / "baton.db")) as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}", {"before": 1, "at": 1}).fetchall()
    steps = [str(row[3]) for row in plan]
    assert any(index in step for step in steps), steps
    assert not any("TEMP B-TREE" in step or step.startswith("SCAN") for step in steps), steps
