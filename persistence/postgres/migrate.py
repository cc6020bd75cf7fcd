"""Makes the tables, or applies missing migrations: each once, by whichever process comes first.

All run in one transaction, under an advisory lock. Table `baton_store` has one row: `version`, the number of
the last migration applied, and `serves`, the oldest version of the program that still works on it. So a new
version of the program can bring the tables up while processes of the version before go on, if its migrations
only add.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection

from clock import HostClock
from errors import BadInput, OutOfReach, StoreMissing, StoreUnusable
from persistence.postgres.address import SETTING, is_replica, not_reached, parameters_of, plain, where
from persistence.postgres.connection import Opened

MIGRATIONS = tuple(sorted((Path(__file__).parent / "migrations").glob("[0-9][0-9][0-9]_*.sql")))
VERSION = len(MIGRATIONS)
"""The version of the tables that this program reads and writes."""

SERVES = 3
"""The oldest version of the program that works on these tables. Migrations that remove something raise it."""

OLDEST_SERVER = 14
LARGEST_CLOCK_DIFFERENCE_S = 240.0
LOCK_WAIT_S = 10.0
_LOCK = 0x4261746F6E  # "Baton"

_FOUND = """
SELECT
    current_schema() AS schema,
    current_setting('server_version_num')::integer / 10000 AS server,
    current_setting('server_encoding') AS encoding,
    pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on' AS is_replica,
    to_regclass('baton_store') IS NOT NULL AS is_ours,
    to_regclass('calls') IS NOT NULL AS is_used,
    (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms
"""
_VERSION = "SELECT version, serves FROM baton_store"
_SAVE_VERSION = """
CREATE TABLE IF NOT EXISTS baton_store (version integer NOT NULL, serves integer NOT NULL);
DELETE FROM baton_store;
INSERT INTO baton_store VALUES ({}, {})
"""
_WRITE = (
    "INSERT INTO workers (id, host, started_at, lease_until, draining) VALUES ('baton-check', '', 0, 0, 1)"
)


def migrate(url: str) -> None:
    """Make the tables, or bring them to VERSION, and check that this user may write them. Blocks.

    Raises: BadInput, naming BATON_STORE and what would be right; OutOfReach, if a later try may succeed.
    """
    with connected(url) as connection:
        _check_server(url, connection)
        if _version(url, connection) < VERSION:
            _bring_up(url, connection)
        _check_writable(connection)


def inspect(url: str) -> str:
    """Say in one line how the database is, without changing it. Blocks. Raises: BadInput, OutOfReach."""
    with connected(url) as connection:
        _check_server(url, connection)
        version = _version(url, connection)
        if not version:
            return f"{where(url)} has no tables yet; the worker makes them"
        if version < VERSION:
            return f"{where(url)} has version {version}; the worker brings it to {VERSION}"
        _check_writable(connection)
        return f"{where(url)} is writable, version {version}"


def check_writable(url: str, *, wait_s: float) -> None:
    """Blocks, about `wait_s` seconds at most. Raises: BadInput, OutOfReach."""
    with connected(url, wait_s=wait_s) as connection:
        _check_writable(connection)


def usable(url: str) -> Callable[[Opened], Awaitable[None]]:
    """A check of a new connection, for a program that runs. Raises: StoreMissing, StoreUnusable."""

    async def check(connection: Opened) -> None:
        try:
            row = await (await connection.execute(_VERSION)).fetchone()
        except psycopg.errors.UndefinedTable as error:
            raise StoreMissing(
                f"{where(url)} has no tables yet: start the worker, which makes them"
            ) from error
        version, serves = (row[0], row[1]) if row else (0, 0)
        if serves > VERSION:
            raise StoreUnusable(_newer(url, version))
        if version < VERSION:
            raise StoreUnusable(
                f"{where(url)} is at version {version}, this program needs {VERSION}: "
                "start the worker, which brings it up"
            )

    return check


@contextmanager
def connected(url: str, *, wait_s: float = LOCK_WAIT_S) -> Iterator[Connection[Any]]:
    """Raises: BadInput, OutOfReach; also for what goes wrong inside the block."""
    parameters: dict[str, Any] = parameters_of(url)
    try:
        connection = psycopg.connect(**parameters, autocommit=True, row_factory=psycopg.rows.namedtuple_row)
    except psycopg.Error as error:
        raise not_reached(url, error) from error
    try:
        with connection:
            connection.execute(f"SET lock_timeout = {max(1, int(1000 * wait_s))}")
            yield connection
    except psycopg.Error as error:
        raise _explained(url, error) from error


def _check_server(url: str, connection: Connection[Any]) -> None:
    found = _one(connection, _FOUND)
    if found.server < OLDEST_SERVER:
        wrong = f"{where(url)} is Postgres {found.server}"
        raise BadInput(SETTING, wrong, f"take Postgres {OLDEST_SERVER} or newer")
    if found.is_replica:
        raise is_replica(url)
    if found.encoding != "UTF8":
        wrong = f"the database of {where(url)} has the encoding {found.encoding}"
        raise BadInput(SETTING, wrong, "make one with ENCODING 'UTF8'")
    if found.schema is None:
        wrong = f"{where(url)} has no schema to make tables in"
        raise BadInput(SETTING, wrong, "make the schema that search_path names")
    if found.is_used and not found.is_ours:
        wrong = f"{where(url)} belongs to another program: it has a table named calls"
        raise BadInput(SETTING, wrong, "name a database of Baton's own")
    ahead_s = (found.now_ms - HostClock().now_ms()) / 1000
    if abs(ahead_s) > LARGEST_CLOCK_DIFFERENCE_S:
        how = "behind" if ahead_s > 0 else "ahead of"
        wrong = f"this host's clock is {abs(ahead_s):.0f} s {how} that of {where(url)}"
        raise OutOfReach(SETTING, wrong, "set both by NTP")


def _version(url: str, connection: Connection[Any]) -> int:
    """0: there are no tables yet."""
    if not _one(connection, _FOUND).is_ours:
        return 0
    version, serves = _one(connection, _VERSION)
    if serves > VERSION:
        raise BadInput(SETTING, _newer(url, version), "use the newer program or another database")
    return int(version)


def _one(connection: Connection[Any], question: str) -> Any:
    """The one row of the answer, its values by name."""
    return connection.execute(question.encode()).fetchone()


def _newer(url: str, version: int) -> str:
    return f"{where(url)} was written by a newer Baton (version {version}, this program knows {VERSION})"


def _bring_up(url: str, connection: Connection[Any]) -> None:
    with connection.transaction():
        connection.execute("SET LOCAL statement_timeout = 0")
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        version = _version(url, connection)  # another process may have migrated meanwhile
        for number, migration in enumerate(MIGRATIONS, start=1):
            if number > version:
                connection.execute(migration.read_text(encoding="utf-8").encode())
        if version < VERSION:
            connection.execute(_SAVE_VERSION.format(VERSION, SERVES).encode())


def _check_writable(connection: Connection[Any]) -> None:
    with connection.transaction(force_rollback=True):
        connection.execute(_WRITE)


def _explained(url: str, error: psycopg.Error) -> BadInput:
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        wrong = f"{where(url)}: this user may not make or write the tables ({plain(url, error)})"
        return BadInput(SETTING, wrong, "GRANT it, or make the user the owner of the database")
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        return is_replica(url)
    if isinstance(error, psycopg.errors.LockNotAvailable | psycopg.errors.QueryCanceled):
        right = "wait until it has finished, or end it"
        return OutOfReach(SETTING, f"{where(url)} is locked by another program", right)
    if isinstance(error, psycopg.errors.DiskFull):
        return OutOfReach(SETTING, f"the disk of {where(url)} is full", "make room there")
    if isinstance(error, psycopg.OperationalError):
        return not_reached(url, error)
    return BadInput(
        SETTING, f"{where(url)} cannot be used: {plain(url, error)}", "name a database of Baton's own"
    )
