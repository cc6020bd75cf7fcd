"""What a worker says at its start when its Postgres is not as it should be: one line, without a password."""

from __future__ import annotations

import builtins
import logging
from collections.abc import Callable, Iterator

import psycopg
import pytest

from clock import HostClock
from errors import BadInput, OutOfReach, StoreError, StoreUnusable
from persistence.engines import check_writable, inspect, migrate, open_store, where
from persistence.postgres.migrate import VERSION
from tests.contract.building import a_call

SECRET = "hunter2-%40"


@pytest.fixture
def admin(postgres_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def database(admin: psycopg.Connection, postgres_url: str) -> Iterator[Callable[..., str]]:
    """Yield a function that makes a database of this test's own and returns its address for a user."""
    made = []

    def make(name: str, user: str = "baton", options: str = "") -> str:
        admin.execute(f"CREATE DATABASE {name} {options}")
        made.append(name)
        return postgres_url.replace("/postgres?", f"/{name}?").replace("baton@", f"{user}:{SECRET}@")

    yield make
    for name in made:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def said(url: str, use: Callable[[str], object] = migrate) -> str:
    with pytest.raises(BadInput) as refused:
        use(url)
    told = str(refused.value)
    assert "\n" not in told
    assert "hunter2" not in told
    return told


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        (f"postgresql://me:{SECRET}@host:port/db", "cannot be read"),
        ("postgresql://me:100%hunter2@host/db", "cannot be read"),
        (f"postgresql://me:{SECRET}@host/db?hunter2=1", "cannot be read"),
        (f"postgresql://me:{SECRET}@host", "names no database"),
        (f"postgresql://me:{SECRET}@", "names no database"),
    ],
)
@pytest.mark.parametrize("use", [migrate, inspect, where, open_store])
def test_an_address_that_cannot_be_used_is_told_with_what_to_write(
    url: str, wrong: str, use: Callable[[str], object]
) -> None:
    told = said(url, use)
    assert wrong in told
    assert "write postgresql://USER:PASSWORD@HOST:5432/DATABASE" in told


def test_an_address_is_shown_without_its_password() -> None:
    url = f"postgres://me:{SECRET}@db1,db2:6432/calls?sslmode=require&application_name={SECRET}"
    assert where(url) == "postgresql://me@db1,db2:6432/calls"


def test_a_server_that_is_not_there_can_be_tried_again() -> None:
    told = said(f"postgresql://me:{SECRET}@127.0.0.1:1/calls")
    assert "does not answer" in told
    assert "refused" in told


def test_without_psycopg_it_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    imported = builtins.__import__

    def without_psycopg(name: str, *rest: object) -> object:
        if name == "persistence.postgres":
            raise ImportError("No module named 'psycopg'")
        return imported(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without_psycopg)
    assert "pip install 'baton[postgres]'" in said(f"postgresql://me:{SECRET}@host/db")


def test_a_database_that_does_not_exist(postgres_url: str) -> None:
    url = postgres_url.replace("/postgres?", "/nowhere?").replace("baton@", f"baton:{SECRET}@")
    assert "no such database" in said(url)


def test_a_user_without_rights(admin: psycopg.Connection, database: Callable[..., str]) -> None:
    admin.execute("CREATE ROLE stranger LOGIN")
    try:
        url = database("locked_up", "stranger")
        told = said(url)
        assert "this user may not make or write the tables (permission denied for schema public)" in told
        migrate(url.replace("stranger", "baton"))
        assert "permission denied for table" in said(url)
        assert "permission denied for table" in said(url, lambda url: check_writable(url, wait_s=1))
    finally:
        admin.execute("DROP ROLE stranger")


async def test_tables_of_a_newer_program(database: Callable[..., str]) -> None:
    url = database("newer")
    migrate(url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE baton_store SET version = version + 1")
        migrate(url)
        async with open_store(url) as store:
            assert await store.calls() == [], "the newer program's tables still serve this one"
        connection.execute("UPDATE baton_store SET serves = version")
    assert f"was written by a newer Baton (version {VERSION + 1}" in said(url)
    with pytest.raises(StoreUnusable, match="newer Baton"):
        async with open_store(url):
            pass


def test_tables_of_another_program(database: Callable[..., str]) -> None:
    url = database("theirs")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE calls (number integer)")
    assert "belongs to another program" in said(url)


@pytest.mark.parametrize("use", [migrate, inspect])
def test_a_replica(
    admin: psycopg.Connection, database: Callable[..., str], use: Callable[[str], object]
) -> None:
    url = database("a_replica")
    admin.execute("ALTER DATABASE a_replica SET default_transaction_read_only = on")
    assert "is a replica, which takes no writes; name the primary" in said(url, use)


def test_a_database_of_another_encoding(database: Callable[..., str]) -> None:
    url = database("latin", options="ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    assert "encoding LATIN1" in said(url)


@pytest.mark.parametrize(("off_s", "how"), [(300, "ahead of"), (-300, "behind")])
def test_a_clock_five_minutes_off(
    database: Callable[..., str], monkeypatch: pytest.MonkeyPatch, off_s: int, how: str
) -> None:
    now_ms = HostClock.now_ms
    monkeypatch.setattr(HostClock, "now_ms", lambda clock: now_ms(clock) + 1000 * off_s)
    told = said(database("off"))
    assert f"this host's clock is {abs(off_s)} s {how}" in told
    monkeypatch.setattr(HostClock, "now_ms", lambda clock: now_ms(clock) + 200 * off_s)
    migrate(database("nearly"))


def test_health_of_a_database_is_one_line(database: Callable[..., str]) -> None:
    url = database("healthy")
    assert inspect(url).endswith("/healthy has no tables yet; the worker makes them")
    migrate(url)
    migrate(url)
    assert inspect(url).endswith(f"/healthy is writable, version {VERSION}")
    check_writable(url, wait_s=1)


async def test_what_fails_later_shows_no_password_either(
    empty_postgres: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    url = empty_postgres.replace("baton@", f"nobody:{SECRET}@")
    async with open_store(url, patient=True) as store:
        with pytest.raises(StoreUnusable) as unusable:
            await store.open_call(a_call())
    with pytest.raises(StoreUnusable):
        async with open_store(url):
            pass
    assert "hunter2" not in f"{unusable.value}{caplog.text}"


async def test_store_that_was_opened_for_reading_writes_nothing(empty_postgres: str) -> None:
    async with open_store(empty_postgres, read_only=True) as store:
        with pytest.raises(StoreError, match="read-only"):
            await store.open_call(a_call())
        assert await store.calls() == []


def test_out_of_connections_can_be_tried_again(
    admin: psycopg.Connection, database: Callable[..., str]
) -> None:
    url = database("crowded")
    admin.execute("CREATE ROLE guest LOGIN")
    try:
        admin.execute("ALTER DATABASE crowded CONNECTION LIMIT 0")
        with pytest.raises(OutOfReach, match="has no connection left"):
            migrate(url.replace("baton:", "guest:"))
    finally:
        admin.execute("DROP ROLE guest")
