"""The store's file removed, replaced or out of reach while it is open, on a real disk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from errors import StoreError, StoreRefused, StoreUnusable
from persistence.contract.store import Store
from persistence.records import CALLER, CallId
from persistence.sqlite import engine, open_store
from persistence.sqlite.migrate import migrate
from persistence.write_queue import WriteQueue
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
    """Remove the store with its logs, as somebody who clears the folder does."""
    for each in path.parent.iterdir():
        each.unlink()


def move(path: Path, to: Path) -> None:
    path.rename(to)


async def says(store: Store, *words: str) -> None:
    for word in words:
        await store.append_turn(CALL, CALLER, word, started_at=START, ended_at=START)


async def said(store: Store) -> list[str]:
    return [turn.text for turn in await store.turns(CALL)]


async def test_after_a_removal_no_write_is_acknowledged_and_no_read_answered(
    path: Path, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    await says(store, "one")
    remove(path)
    with pytest.raises(StoreUnusable, match="was removed or replaced: put it back"):
        await says(store, "two")
    with pytest.raises(StoreUnusable, match="there is no database"):
        await says(store, "two")
    with pytest.raises(StoreUnusable, match="was removed or replaced"):
        await said(store)
    assert caplog.messages.count("the database file was removed or replaced") == 2  # once by each connection


async def test_a_write_is_kept_until_there_is_a_database_again(path: Path, store: Store) -> None:
    """The call continues meanwhile: the queue waits for the store, and nobody waits for the queue."""
    away = path.with_name("away.db")
    await says(store, "one")
    move(path, away)
    queue = WriteQueue()
    assert await queue.write(lambda: store.append_turn(CALL, CALLER, "two", started_at=1, ended_at=1)) is None
    queue.enqueue(lambda: store.append_turn(CALL, CALLER, "three", started_at=2, ended_at=2))
    assert not await queue.settled(0.01)
    move(away, path)
    assert await queue.settled(10)
    assert (await said(store))[-2:] == ["two", "three"]


async def test_a_database_made_anew_takes_the_next_call(path: Path, store: Store) -> None:
    remove(path)
    with pytest.raises(StoreUnusable):
        await says(store, "one")
    migrate(path)
    with pytest.raises(StoreUnusable, match="was removed or replaced"):
        await says(store, "one")  # the error comes from the reading connection
    with pytest.raises(StoreRefused, match="there is no such call"):
        await says(store, "one")
    assert await store.open_call(a_call()) == a_call()
    await says(store, "two")
    assert await said(store) == ["two"]


async def test_a_folder_that_is_gone_is_an_error_until_it_is_back(path: Path, store: Store) -> None:
    await says(store, "one")
    elsewhere = path.parent.rename(path.parent.with_name("elsewhere"))
    for _ in range(2):
        with pytest.raises(StoreUnusable):
            await says(store, "two")
    move(elsewhere, path.parent)
    await says(store, "three")
    async with open_store(path, read_only=True) as newcomer:
        assert (await said(newcomer))[-1] == "three"


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
    with pytest.raises(StoreUnusable, match="was removed or replaced"):
        await said(store)
    assert await said(store) == ["elsewhere"]


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


async def test_noticing_costs_one_look_at_the_file_a_statement(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await said(store)
    looks, look = [], engine._file_at

    def counted(path: Path) -> tuple[int, int] | None:
        looks.append(path)
        return look(path)

    monkeypatch.setattr(engine, "_file_at", counted)
    await says(store, "one", "two")
    await said(store)
    assert len(looks) == 3
