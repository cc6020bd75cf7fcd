"""Every text in every table once its caller is forgotten: what stays is listed, and is nobody's words."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import fields

import pytest

from operators.person.record import CallRecord
from persistence.sql.keeping import _FORGET_CALL
from persistence.sqlite.migrate import MIGRATIONS

ONE = "one"
"""The id in every row, so that all rows belong to one call."""
_IDS = {"id", "call_id", "handoff_id", "entry_id"}
_OF_NO_CALL = {
    "moves",
    "operator_sessions",
    "operators",
    "presence",
    "spent_limits",
    "sqlite_sequence",
    "workers",
}

STAYS = {
    "calls": {
        *("holder_role", "holder_job", "worker"),
        *("moved_by", "called_back_by", "held_by", "legal_hold_by"),
    },
    "attempts": {"target", "dispatch_id", "job", "outcome", "moved_by"},
    "costs": {"job", "model"},
    "dials": {"role", "person", "line", "shown", "state", "refer"},  # a number's digest, and its end
    "events": {"subject", "kind", "moved_from", "moved_to", "actor"},
    "handoffs": {
        *("from_role", "from_job", "target", "target_job", "target_worker", "attempt_id", "person"),
        *("requested_by", "approved_by", "redirected_by", "redirect_to", "moved_by"),
        *("state", "completes", "last_outcome"),
    },
    "listeners": {"identity", "name", "key", "state", "mode"},  # operators
    "messages": {"role", "from_role", "state", "person", "moved_by"},
    "offers": {"role", "person", "outcome", "code", "help", "help_by"},
    "operator_requests": {"kind", "requested_by", "state", "taken_by", "moved_by"},
    "queue": {
        *("role", "people", "skills", "overflow_to", "attempt_id", "state", "person", "offer_id", "moved_by"),
        *("link_hash", "asked_by"),
    },
    "recording_segments": {"speaker"},
    "recordings": {"state", "moved_by"},
    "tool_uses": {"role", "tool", "job", "state"},
    "troubles": {"part", "error"},  # the names of a part and of a class
    "turns": {"speaker"},
}  # fmt: skip
"""What stays: ids, roles, models, tools, outcomes, and the names of operators and of people who answer."""

TAKEN_OUT = {
    "calls": "call",
    "listeners": "events",  # who listened, and when
    "operator_requests": "requests",
    "queue": "entry",
    "recording_segments": "segments",
    "recordings": "recording",
}
"""The part of a caller's export that has a table's rows, if its name differs from the table's."""


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    """A row in each table; each text is its own name. Checks are off: only the triggers are tested."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as opened:
        opened.create_function("now_ms", 0, lambda: 1)
        for migration in MIGRATIONS:
            opened.executescript(migration.read_text(encoding="utf-8"))
        opened.execute("PRAGMA foreign_keys = OFF")
        opened.execute("PRAGMA ignore_check_constraints = ON")
        for table in sorted(tables(opened), key=lambda name: name != "calls"):
            row = texts(opened, table)
            places = ", ".join(f":{name}" for name in row)
            opened.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})", row)
        yield opened


def tables(database: sqlite3.Connection) -> set[str]:
    found = database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
    return {name for (name,) in found} - _OF_NO_CALL


def texts(database: sqlite3.Connection, table: str) -> Mapping[str, object]:
    row: dict[str, object] = {}
    for _, name, kind, needed, _, key in database.execute(f"PRAGMA table_info({table})"):
        if kind == "TEXT":
            row[name] = ONE if name in _IDS else f"{table}.{name}"
        elif needed and not (key and name == "id"):
            row[name] = 1
    needs = {"handoffs": {"state": "requested"}, "offers": {"outcome": "declined"}}
    return row | needs.get(table, {})


def kept(database: sqlite3.Connection) -> Mapping[str, set[str]]:
    """Return the columns whose text is still in a row of any table."""
    found: dict[str, set[str]] = defaultdict(set)
    for table in tables(database):
        for row in database.execute(f"SELECT * FROM {table}"):
            for table_of, dot, name in (str(value).partition(".") for value in row):
                if dot:
                    found[table_of].add(name)
    return found


def test_finding_3_what_a_forgotten_call_leaves_in_any_table_is_listed(database: sqlite3.Connection) -> None:
    before = kept(database)
    assert {"caller_number", "room"} <= before["calls"]
    assert {"words", "reach"} <= before["messages"]
    database.execute("UPDATE calls SET ended_at = 1, ended_how = 'goodbye'")
    forgotten = database.execute(_FORGET_CALL.sqlite, {"id": ONE, "by": "anna", "at": 2}).fetchall()
    assert forgotten
    left = {table: names - STAYS[table] for table, names in kept(database).items()}
    assert not {table: names for table, names in left.items() if names}


def test_finding_3_each_table_with_rows_of_a_call_is_in_what_is_taken_out_for_its_caller(
    database: sqlite3.Connection,
) -> None:
    held = {field.name for field in fields(CallRecord)}
    assert not {table for table in tables(database) if TAKEN_OUT.get(table, table) not in held}
