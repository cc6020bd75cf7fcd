"""The store's file removed, replaced or out of reach while it is open, on a real disk."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, closing
from pathlib import Path

import pytest

from errors import StoreError, StoreRefused, StoreUnusable
from persistence.contract.handoffs import Store
from persistence.records import CALLER, CallId
from persistence.sqlite import open_store
from persistence.sqlite.migrate import migrate
from tests.contract.building import CALL, START, a_call

pytestmark = pytest.mark.fault("C8")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "store").mkdir()
    migrate(tmp_path / "store" / "baton.db")
    return tmp_path / "store" / "baton.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[Store]:
    async with open_store(path) as opened:
        await opened.open_call(a_call())
        yield opened


def remove(path: Path) -> None:
    path.unlink()


async def says(store: Store, *words: str) -> None:
    for word in words:
        await store.append_turn(CALL, CALLER, word, started_at=START, ended_at=START)


async def said(store: Store) -> list[str]:
    return [turn.text for turn in await store.turns(CALL)]


async def test_a_removed_database_is_put_back_with_all_that_was_acknowledged(
    path: Path, store: Store
) -> None:
    await says(store, "one", "two")
    remove(path)
    await says(store, "three")
    assert await said(store) == ["one", "two", "three"]
    async with open_store(path, read_only=True) as newcomer:
        assert [turn.text for turn in await newcomer.turns(CALL)] == ["one", "two", "three"]
    assert sorted(each.name for each in path.parent.iterdir()) == ["baton.db", "baton.db-shm", "baton.db-wal"]


async def test_with_its_log_removed_as_well_it_is_put_back_all_the_same(path: Path, store: Store) -> None:
    await says(store, "one")
    for each in path.parent.iterdir():
        each.unlink()
    await says(store, "two")
    assert await said(store) == ["one", "two"]
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


async def test_of_many_that_have_it_open_one_puts_it_back_and_the_others_join(
    path: Path, store: Store
) -> None:
    async with AsyncExitStack() as stack:
        stores = [await stack.enter_async_context(open_store(path)) for _ in range(5)]
        for number, each in enumerate(stores):
            await says(each, f"before {number}")
        remove(path)
        await asyncio.gather(*(says(each, f"after {number}") for number, each in enumerate(stores)))
        heard = await said(store)
    assert sorted(heard) == sorted(f"{when} {n}" for when in ("before", "after") for n in range(5))


async def test_a_write_that_went_to_a_removed_file_is_told_as_none(
    path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Removed between the look and the write: written again, it is there once."""
    looks = iter([True])

    def look(at: Path) -> tuple[int, int] | None:
        status = at.stat() if at.exists() else None
        if next(looks, False):
            at.unlink()
        return (status.st_dev, status.st_ino) if status else None

    monkeypatch.setattr("persistence.sqlite.lasting.identity_of", look)
    with pytest.raises(StoreUnusable, match="was removed"):
        await says(store, "one")
    await says(store, "one")
    assert await said(store) == ["one"]


async def test_a_folder_that_is_gone_is_an_error_until_it_is_back(path: Path, store: Store) -> None:
    await says(store, "one")
    elsewhere = path.parent.rename(path.parent.with_name("elsewhere"))
    with pytest.raises(StoreUnusable):
        await says(store, "two")
    elsewhere.rename(path.parent)
    await says(store, "two")
    assert await said(store) == ["one", "two"]


async def test_another_database_in_its_place_is_used(path: Path, store: Store) -> None:
    await says(store, "one")
    other = path.with_name("other.db")
    migrate(other)
    async with open_store(other) as there:
        await there.open_call(a_call())
        await says(there, "elsewhere")
    for log in ("-wal", "-shm"):
        path.with_name(path.name + log).unlink()
    other.rename(path)
    assert await said(store) == ["elsewhere"]


async def test_one_who_only_reads_waits_for_it_to_be_put_back(path: Path, store: Store) -> None:
    async with open_store(path, read_only=True) as reader:
        remove(path)
        with pytest.raises(StoreUnusable, match="there is no database"):
            await reader.turns(CALL)
        await says(store, "one")
        assert [turn.text for turn in await reader.turns(CALL)] == ["one"]


async def test_a_patient_store_opens_when_it_can(tmp_path: Path) -> None:
    path = tmp_path / "baton.db"
    async with open_store(path, patient=True) as store:
        with pytest.raises(StoreUnusable, match="there is no database"):
            await store.open_call(a_call())
        path.write_bytes(b"this is no database, and long enough to be taken for one" * 99)
        with pytest.raises(StoreError):
            await store.turns(CALL)
        path.unlink()
        migrate(path)
        assert (await store.open_call(a_call())).id == CALL


async def test_a_row_that_cannot_be_is_refused_and_not_kept(store: Store) -> None:
    with pytest.raises(StoreRefused):
        await store.append_turn(CallId("call-0"), CALLER, "hello", started_at=START, ended_at=START)
