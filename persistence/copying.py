"""Copies a store from SQLite to Postgres, and compares the two. Can be interrupted and repeated.

Rows go over in the order of their keys, in transactions of some thousand rows: what is there already tells
where to go on. Triggers are off meanwhile, since what they would write is copied too.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import psycopg

from clock import SystemClock
from errors import BadInput, StoreError
from persistence.postgres.migrate import connected, migrate
from persistence.sqlite import migrate as sqlite_migrate

Told = Callable[[str, int, int], None]
"""Takes a table's name, the number of its rows copied so far, and the total."""

BATCH = 5_000
KEYS = {
    "workers": ("id",),
    "operators": ("name",),
    "operator_sessions": ("id",),
    "spent_limits": ("account", "model"),
    "calls": ("id",),
    "turns": ("call_id", "seq"),
    "handoffs": ("id",),
    "attempts": ("handoff_id", "seq"),
    "operator_requests": ("id",),
    "troubles": ("call_id", "seq"),
    "tool_uses": ("id",),
    "listeners": ("identity",),
    "recordings": ("call_id",),
    "recording_segments": ("id",),
    "presence": ("person",),
    "queue": ("id",),
    "offers": ("id",),
    "dials": ("id",),
    "messages": ("id",),
    "costs": ("call_id", "job", "model", "thrown_away"),
    "events": ("id",),
}
"""The tables in the order of copying, each with its sort key. An attempt is copied with its handoff."""

_COLUMNS = """
SELECT attname FROM pg_attribute
WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
ORDER BY attnum
"""
_NEXT_EVENT = """
SELECT setval(pg_get_serial_sequence('events', 'id'), max(id)) FROM events HAVING max(id) IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class _Table:
    """`keys`: what its rows are sorted by. `columns`: those that are copied, in the target's order."""

    name: str
    keys: Sequence[str]
    columns: Sequence[str]

    @property
    def sorted_by(self) -> str:
        return ", ".join(self.keys)

    @property
    def selected(self) -> str:
        return ", ".join(self.columns)

    def key(self, row: Sequence[Any]) -> tuple[Any, ...]:
        named = dict(zip(self.columns, row, strict=True))
        return tuple(named[key] for key in self.keys)


def copy_store(path: Path, url: str, told: Told) -> int:
    """Copy every row, compare them all, and return how many there are. Blocks.

    Raises: BadInput (a worker uses the source, or the target has rows of its own), OutOfReach, StoreError
    (a row differs).
    """
    sqlite_migrate.migrate(path)
    migrate(url)
    with closing(sqlite3.connect(path)) as source, connected(url) as target:
        target.execute("SET statement_timeout = 0")
        _check_ended(source, path)
        tables = [_Table(name, keys, _columns(target, name)) for name, keys in KEYS.items()]
        attempts = next(table for table in tables if table.name == "attempts")
        for table in tables:
            if table is not attempts:
                _copy(source, target, table, attempts, told)
        target.execute(_NEXT_EVENT)
        return sum(_compare(source, target, table) for table in tables)


def _check_ended(source: sqlite3.Connection, path: Path) -> None:
    living = "SELECT count(*) FROM workers WHERE lease_until >= ?"
    if source.execute(living, (SystemClock().now_ms(),)).fetchone()[0]:
        right = "end it, and copy once its calls are over"
        raise BadInput("baton store copy", f"a worker still uses {path}", right)


def _copy(
    source: sqlite3.Connection,
    target: psycopg.Connection[Any],
    table: _Table,
    attempts: _Table,
    told: Told,
) -> None:
    total = int(source.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0])
    done, last = _begun(source, target, table)
    told(table.name, done, total)
    while done < total:
        with target.transaction(), _without_triggers(target, table.name):
            rows = _batch(source, table, last)
            _write(target, table, rows)
            if table.name == "handoffs" and rows:
                _write(target, attempts, _attempts(source, attempts, last, table.key(rows[-1])))
        if not rows:
            raise StoreError(f"{table.name} changed while it was copied")
        done, last = done + len(rows), table.key(rows[-1])
        told(table.name, done, total)


def _begun(
    source: sqlite3.Connection, target: psycopg.Connection[Any], table: _Table
) -> tuple[int, tuple[Any, ...]]:
    """How many rows an earlier copy brought over, and the key of its last one. Raises: BadInput."""
    keys = table.sorted_by
    (done,) = target.execute(f"SELECT count(*) FROM {table.name}".encode()).fetchone() or (0,)
    if not done:
        return 0, ()
    order = ", ".join(f"{key} DESC" for key in table.keys)
    last = tuple(
        target.execute(f"SELECT {keys} FROM {table.name} ORDER BY {order} LIMIT 1".encode()).fetchone() or ()
    )
    marks = ", ".join("?" for _ in last)
    below = f"SELECT count(*), sum(({keys}) = ({marks})) FROM {table.name} WHERE ({keys}) <= ({marks})"
    if source.execute(below, (*last, *last)).fetchone() != (done, 1):
        wrong = f"the target has rows of its own in {table.name}"
        raise BadInput("baton store copy", wrong, "name a database that nobody has used yet")
    return int(done), last


def _columns(target: psycopg.Connection[Any], table: str) -> list[str]:
    return [str(name) for (name,) in target.execute(_COLUMNS, (table,)).fetchall()]


def _batch(source: sqlite3.Connection, table: _Table, after: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    keys = table.sorted_by
    behind = f"WHERE ({keys}) > ({', '.join('?' for _ in after)})" if after else ""
    question = f"SELECT {table.selected} FROM {table.name} {behind} ORDER BY {keys} LIMIT {BATCH}"
    return [_kept(row) for row in source.execute(question, after)]


def _attempts(
    source: sqlite3.Connection, attempts: _Table, after: tuple[Any, ...], last: tuple[Any, ...]
) -> list[tuple[Any, ...]]:
    """Of the handoffs behind `after`, up to `last`: they name theirs."""
    question = f"SELECT {attempts.selected} FROM {attempts.name} WHERE handoff_id > ? AND handoff_id <= ?"
    return [_kept(row) for row in source.execute(question, (after[0] if after else "", last[0]))]


def _write(target: psycopg.Connection[Any], table: _Table, rows: Sequence[Sequence[Any]]) -> None:
    writing = f"COPY {table.name} ({table.selected}) FROM STDIN".encode()
    with target.cursor() as cursor, cursor.copy(writing) as copy:
        for row in rows:
            copy.write_row(row)


@contextmanager
def _without_triggers(target: psycopg.Connection[Any], table: str) -> Iterator[None]:
    """Until the transaction ends, which nobody else sees."""
    tables = (table, "attempts") if table == "handoffs" else (table,)
    for one in tables:
        target.execute(f"ALTER TABLE {one} DISABLE TRIGGER USER".encode())
    yield
    target.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a handoff's attempt is there by now
    for one in tables:
        target.execute(f"ALTER TABLE {one} ENABLE TRIGGER USER".encode())


def _compare(source: sqlite3.Connection, target: psycopg.Connection[Any], table: _Table) -> int:
    question = f"SELECT {table.selected} FROM {table.name} ORDER BY {table.sorted_by}"
    rows = 0
    for ours, theirs in zip_longest(map(_kept, source.execute(question)), _streamed(target, question)):
        if ours != theirs:
            raise StoreError(
                f"the copy differs: {table.name}, row {rows + 1} in the order of {table.sorted_by}"
            )
        rows += 1
    return rows


def _streamed(target: psycopg.Connection[Any], question: str) -> Iterator[tuple[Any, ...]]:
    with target.transaction(), target.cursor("rows") as cursor:
        cursor.itersize = BATCH
        for row in cursor.execute(question.encode()):
            yield tuple(row)


def _kept(row: Sequence[Any]) -> tuple[Any, ...]:
    """As Postgres keeps it: it has no place for NUL."""
    return tuple(value.replace("\0", "") if isinstance(value, str) else value for value in row)
