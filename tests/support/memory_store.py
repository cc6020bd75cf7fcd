"""The SQLite store in memory, in the test's own loop: it has no thread, so time may be virtual."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

from clock import SystemClock
from persistence.contract.engine import NowMs
from persistence.sql.connection import Move, Rows, Values
from persistence.sqlite.engine import SETTINGS, translated
from persistence.sqlite.migrate import MIGRATIONS
from persistence.sqlite.store import SqliteStore

Step = Callable[[str], Awaitable[None]]

STEPS = (
    "begin_attempt",
    "note_dispatch",
    "claim_attempt",
    "accept",
    "complete",
    "end_handoff",
    "save_summary",
    "save_timings",
    "handoff",
    "requests",
    "take_request",
    "end_request",
    "note_trouble",
)


class MemoryDatabase:
    """`persistence.sql.connection.Connection`: each statement runs at once. Several stores may share it."""

    def __init__(self, now_ms: NowMs | None = None) -> None:
        connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        connection.deserialize(_empty())
        connection.row_factory = sqlite3.Row
        connection.create_function("now_ms", 0, now_ms or SystemClock().now_ms)
        connection.executescript(SETTINGS)
        weakref.finalize(self, connection.close)
        self._connection = connection

    async def move(self, move: Move, values: Values) -> Rows:
        return await self.run(move.sqlite, values)

    async def run(self, statement: str, values: Values) -> Rows:
        with translated():
            return self.execute(statement, values)

    def execute(self, statement: str, values: Any = ()) -> list[sqlite3.Row]:
        """Run a statement, also one that writes past the store's guards."""
        return self._connection.execute(statement, values).fetchall()

    @property
    def version(self) -> int:
        """A number that grows with every row that is written."""
        return self._connection.total_changes


class MemoryStore(SqliteStore):
    """A whole store. Each method of STEPS awaits `step` with its name; each poll awaits it with "changed"."""

    def __init__(self, step: Step | None = None, database: MemoryDatabase | None = None) -> None:
        self.database = database or MemoryDatabase()
        self.step = step or _no_step
        super().__init__(self.database, self.database)

    async def _data_version(self) -> int:
        # One connection does not see its own commits in PRAGMA data_version.
        await self.step("changed")
        return self.database.version


async def _no_step(_: str) -> None:
    """The step of a store that nothing delays."""


def _with_step(name: str) -> Callable[..., Awaitable[object]]:
    async def method(self: MemoryStore, *args: object, **fields: object) -> object:
        await self.step(name)
        return await getattr(SqliteStore, name)(self, *args, **fields)

    return method


for _name in STEPS:
    setattr(MemoryStore, _name, _with_step(_name))


@cache
def _empty() -> bytes:
    """Return a database without rows, made once: the migrations take 5 ms."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for migration in MIGRATIONS:
        connection.executescript(migration.read_text(encoding="utf-8"))
    made = connection.serialize()
    connection.close()
    return made
