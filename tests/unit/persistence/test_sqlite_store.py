"""What only SQLite does: it refuses bad moves itself; a locked file is an error, not an endless wait."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from itertools import product
from pathlib import Path

import pytest

from errors import StaleHandoff, StoreError
from persistence.contract.store import Store
from persistence.records import CALLER, CallEnd, Event, HandoffState
from persistence.sqlite import engine, open_store
from tests.contract.building import (
    CALL,
    FIRST,
    HANDOFF,
    HOLDER,
    START,
    TARGET,
    a_call,
    brought_to,
    requested,
)
from tests.support.database import make_database
from transfer.states import TERMINAL, may_move

PAIRS = list(product(HandoffState, HandoffState))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    make_database(tmp_path / "baton.db")
    return tmp_path / "baton.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[Store]:
    async with open_store(path) as opened:
        yield opened


@pytest.fixture
def database(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the file directly, without Baton's code in between."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        yield connection


@pytest.mark.parametrize(("here", "there"), [pair for pair in PAIRS if not may_move(*pair)])
async def test_the_database_itself_refuses_a_move_that_is_not_in_the_table(
    store: Store, database: sqlite3.Connection, here: HandoffState, there: HandoffState
) -> None:
    await brought_to(store, here)
    ended_at = START if there in TERMINAL else None
    with pytest.raises(sqlite3.IntegrityError, match=r"^stale: "):
        database.execute(
            "UPDATE handoffs SET state = ?, ended_at = ?, last_outcome = ? WHERE id = ?",
            (there, ended_at, there if ended_at else None, HANDOFF),
        )


@pytest.mark.parametrize("statement", ["UPDATE events SET actor = 'me'", "DELETE FROM events"])
async def test_events_are_neither_changed_nor_deleted(
    store: Store, database: sqlite3.Connection, statement: str
) -> None:
    await requested(store)
    with pytest.raises(sqlite3.IntegrityError, match="only ever added to"):
        database.execute(statement)


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        ("UPDATE calls SET ended_how = 'bored', ended_at = 1", "CHECK constraint failed"),
        ("UPDATE calls SET ended_how = 'goodbye'", "CHECK constraint failed"),
        ("UPDATE calls SET started_at = 'soon'", "cannot store TEXT value in INTEGER column"),
        ("UPDATE handoffs SET state = 'cancelled'", "CHECK constraint failed"),
        ("UPDATE handoffs SET call_id = 'another'", "FOREIGN KEY constraint failed"),
        ("UPDATE handoffs SET summary = 'words'", "CHECK constraint failed"),
        (
            "INSERT INTO calls (id, room, caller, holder_role, holder_job, worker, started_at, "
            "moved_by, moved_at) SELECT 'call-2', room, caller, holder_role, holder_job, worker, 1, "
            "moved_by, moved_at FROM calls",
            "UNIQUE constraint failed: calls.room",
        ),
        ("INSERT INTO turns VALUES ('call-1', 0, 'caller', 'words', 1, 2, 0, 0)", "CHECK constraint failed"),
    ],
)
async def test_the_database_refuses_rows_that_make_no_sense(
    store: Store, database: sqlite3.Connection, statement: str, refusal: str
) -> None:
    await requested(store)
    with pytest.raises(sqlite3.IntegrityError, match=refusal):
        database.execute(statement)


async def test_a_call_that_is_over_is_not_opened_again(store: Store, database: sqlite3.Connection) -> None:
    await store.open_call(a_call())
    await store.end_call(CALL, CallEnd.GOODBYE, job=HOLDER, at=START)
    with pytest.raises(sqlite3.IntegrityError, match=r"^stale: the call is over"):
        database.execute("UPDATE calls SET ended_at = NULL, ended_how = NULL")


async def test_a_call_held_by_another_is_not_taken_over(store: Store, database: sqlite3.Connection) -> None:
    await brought_to(store, HandoffState.ACCEPTED)
    database.execute("UPDATE calls SET holder_job = 'job-of-recovery'")
    with pytest.raises(StaleHandoff):
        await store.complete(HANDOFF, FIRST, TARGET, at=START)
    with pytest.raises(sqlite3.IntegrityError, match=r"^stale: .* has another holder"):
        database.execute("UPDATE handoffs SET state = 'completed', ended_at = 1, last_outcome = 'completed'")
    handoff = await store.handoff(HANDOFF)
    assert handoff is not None
    assert handoff.state is HandoffState.ACCEPTED


async def test_a_locked_file_is_a_store_error_and_reading_goes_on(
    path: Path, database: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_WAIT_S", 0.01)
    async with open_store(path) as store:
        await store.open_call(a_call())
        database.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="database is locked") as refused:
            await store.append_turn(CALL, CALLER, "hello", started_at=START, ended_at=START)
        assert not isinstance(refused.value, StaleHandoff)
        assert isinstance(refused.value.__cause__, sqlite3.OperationalError)
        assert await store.call(CALL) == a_call()
        database.execute("ROLLBACK")
        assert (await store.append_turn(CALL, CALLER, "hello", started_at=START, ended_at=START)).seq == 1


async def test_a_write_let_go_by_its_caller_is_settled_before_the_next_read(
    store: Store, database: sqlite3.Connection
) -> None:
    await store.open_call(a_call())
    database.execute("BEGIN IMMEDIATE")
    turn = store.append_turn(CALL, CALLER, "hello", started_at=START, ended_at=START)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(turn, timeout=0.05)
    reading = asyncio.ensure_future(store.turns(CALL))
    await asyncio.sleep(0)
    assert not reading.done()
    database.execute("ROLLBACK")
    assert [turn.text for turn in await reading] == ["hello"]


async def test_leaving_the_store_waits_for_what_is_being_written(
    path: Path, database: sqlite3.Connection
) -> None:
    async def let_one_go() -> None:
        async with open_store(path) as store:
            turn = store.append_turn(CALL, CALLER, "hello", started_at=START, ended_at=START)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(turn, timeout=0.05)
            written.set()

    async with open_store(path) as store:
        await store.open_call(a_call())
    written = asyncio.Event()
    database.execute("BEGIN IMMEDIATE")
    leaving = asyncio.create_task(let_one_go())
    await written.wait()
    assert not leaving.done()
    database.execute("ROLLBACK")
    await leaving
    assert database.execute("SELECT text FROM turns").fetchall() == [("hello",)]


async def test_a_store_used_after_it_was_closed_says_so(path: Path) -> None:
    async with open_store(path) as store:
        pass
    with pytest.raises(StoreError):
        await store.calls()
    with pytest.raises(StoreError):
        await store.open_call(a_call())


async def test_a_reader_sees_what_is_written_and_writes_nothing(path: Path, store: Store) -> None:
    async with open_store(path, read_only=True) as reader:
        await requested(store)
        assert await reader.call(CALL) == a_call()
        assert [event.kind for event in await reader.events()] == ["call", "handoff"]
        assert await reader.ids_beginning("ca") == [CALL]
        assert await reader.ids_beginning("") == [CALL, HANDOFF]
        assert not await reader.ids_beginning("cb")


async def test_the_reading_connection_cannot_write(path: Path) -> None:
    async with engine.connected(path, query_only=True, now_ms=lambda: START) as connection:
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            await connection.execute("DELETE FROM turns")


async def test_text_of_any_alphabet_and_length_is_kept(store: Store) -> None:
    await store.open_call(a_call())
    for text in ["", "🙏🏽", "O'Brien; DROP TABLE calls --", "zero\0byte", "词" * 10_000]:
        turn = await store.append_turn(CALL, CALLER, text, started_at=START, ended_at=START)
        assert turn.text == text
    assert len(await store.turns(CALL)) == 5


async def test_no_error_tells_what_was_said(store: Store) -> None:
    with pytest.raises(StoreError) as refused:
        await store.append_turn(CALL, CALLER, "my card number", started_at=START, ended_at=START)
    assert "card" not in str(refused.value) + str(refused.value.__cause__)


async def test_an_event_is_an_event(store: Store) -> None:
    await store.open_call(a_call())
    (event,) = await store.events()
    assert event == Event(event.id, CALL, CALL, "call", None, "front-desk", HOLDER, START)


def test_a_program_that_leaves_by_an_error_still_ends(path: Path) -> None:
    """A connection left open would keep the interpreter from ending."""
    program = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from persistence.sqlite import open_store\n"
        "async def main():\n"
        "    async with open_store(Path(sys.argv[1])):\n"
        "        raise SystemExit(7)\n"
        "asyncio.run(main())\n"
    )
    root = Path(__file__).parents[3]
    ended = subprocess.run([sys.executable, "-c", program, path], cwd=root, timeout=600, check=False)
    assert ended.returncode == 7
