"""A database of the first schema, with rows in every table, is migrated without losing a row."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from persistence.access import ACTS, WATCHES, Operator
from persistence.records import (
    CALLER,
    AttemptId,
    CallId,
    HandoffId,
    HandoffState,
    JobId,
    OperatorRequest,
    RequestId,
    RequestKind,
    Trouble,
)
from persistence.sqlite import open_store
from persistence.sqlite.migrate import APPLICATION_ID, MIGRATIONS, VERSION, migrate
from tests.contract.building import HOLDER, START, TARGET, UNREACHED, an_attempt

CALL, OVER = CallId("call-1"), CallId("call-2")
HANDOFF = HandoffId("handoff-1")
ROWS = f"""
INSERT INTO workers VALUES ('worker-1', 'host-1', 1, {START}, 0);
INSERT INTO calls (id, room, caller, holder_role, holder_job, worker, started_at, moved_by, moved_at) VALUES
    ('call-1', 'room-1', 'caller-1', 'front-desk', '{HOLDER}', 'worker-1', 1, '{HOLDER}', 1),
    ('call-2', 'room-2', 'caller-2', 'front-desk', '{HOLDER}', 'worker-1', 2, '{HOLDER}', 2);
INSERT INTO turns VALUES
    ('call-1', 1, 'front-desk', 'hello', 1, 2),
    ('call-1', 2, 'caller', 'my bill is too high', 3, 4),
    ('call-2', 1, 'caller', 'nobody answers', 3, 4);
INSERT INTO handoffs
    (id, call_id, from_role, from_job, target, reason, requested_by, idempotency_key, state, requested_at,
     moved_by, moved_at)
VALUES
    ('handoff-1', 'call-1', 'front-desk', '{HOLDER}', 'billing', 'a bill', 'model', 'key-1', 'requested', 5,
     'model', 5);
UPDATE handoffs SET state = 'dispatching', attempt_id = 'attempt-9', moved_at = 6;
UPDATE handoffs
SET state = 'dispatching', attempt_id = 'attempt-1', moved_at = 7,
    last_outcome = 'unanswered', last_reason = 'so';
UPDATE handoffs SET state = 'briefing', target_job = '{TARGET}', target_worker = 'worker-1', moved_at = 8;
UPDATE handoffs SET state = 'accepted', accepted_at = 9, moved_at = 9;
INSERT INTO operators VALUES ('ann', 'operator', 'hash', 1, NULL);
INSERT INTO operator_requests
    (id, call_id, room, kind, words, requested_by, idempotency_key, requested_at, state, ended_at, moved_by)
VALUES
    ('request-9', 'call-1', 'room-1', 'note', 'a regular', 'ann', 'k-1', 5, 'requested', NULL, 'ann'),
    ('request-1', 'call-1', 'room-1', 'say', 'hello', 'ann', 'k-2', 5, 'requested', NULL, 'ann'),
    ('request-2', NULL, 'room-9', 'token', 'caller', 'ann', 'k-3', 5, 'done', 6, 'ann');
INSERT INTO troubles VALUES
    ('call-1', 'speaking', '503', 5), ('call-1', 'chat', '429', 5), ('call-2', 'chat', 'slow', 6);
UPDATE calls SET ended_at = 10, ended_how = 'caller_left' WHERE id = 'call-2';
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database as version 1 left it."""
    made = tmp_path / "baton.db"
    with closing(sqlite3.connect(made, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        database.executescript(MIGRATIONS[0].read_text(encoding="utf-8"))
        database.execute("PRAGMA user_version = 1")
        database.execute("PRAGMA foreign_keys = ON")
        database.executescript(ROWS)
    return made


def all_rows(path: Path, columns: Mapping[str, str]) -> dict[str, list[tuple[object, ...]]]:
    """Return these columns of all rows, by table."""
    with closing(sqlite3.connect(path)) as database:
        return {
            table: database.execute(f"SELECT {names} FROM {table}").fetchall()
            for table, names in columns.items()
        }


def columns_of(path: Path) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as database:
        tables = [row[0] for row in database.execute("SELECT name FROM pragma_table_list WHERE strict")]
        return {
            table: ", ".join(row[1] for row in database.execute(f"PRAGMA table_info({table})"))
            for table in tables
        }


def test_every_row_of_every_table_is_kept_as_it_was(path: Path) -> None:
    columns = columns_of(path)
    columns["operators"] = columns["operators"].replace("role, ", "")  # its successor is tested below
    before = all_rows(path, columns)
    assert all(before.values()), "there are rows in every table"
    migrate(path)
    assert all_rows(path, columns) == before
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (VERSION,)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_finding_2_what_a_role_could_do_its_rights_can_do_and_no_more(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("DELETE FROM operators")
        rows = [("ann", "operator", "aa", 1, None), ("vic", "viewer", "bb", 2, 3)]
        database.executemany("INSERT INTO operators VALUES (?, ?, ?, ?, ?)", rows)
    migrate(path)
    async with open_store(path) as store:
        assert await store.operators() == [
            Operator("ann", ACTS, "aa", 1),
            Operator("vic", WATCHES, "bb", 2, revoked_at=3),
        ]


async def test_sequences_go_on_where_the_rows_end(path: Path) -> None:
    migrate(path)
    async with open_store(path) as store:
        assert [attempt.id for attempt in await store.attempts(HANDOFF)] == ["attempt-9", "attempt-1"]
        assert [request.id for request in await store.requests(CALL)] == ["request-9", "request-1"]
        assert [trouble.error for trouble in await store.troubles(CALL)] == ["503", "429"]

        turn = await store.append_turn(CALL, CALLER, "are you there", started_at=START, ended_at=START)
        late = await store.append_turn(OVER, CALLER, "the last word", started_at=START, ended_at=START)
        assert (turn.seq, late.seq) == (3, 2)
        await store.note_trouble(Trouble(CALL, "chat", "500", START))
        await store.add_request(
            OperatorRequest(RequestId("request-0"), CALL, "room-1", RequestKind.END, "", "ann", "k-9", START)
        )
        assert [trouble.error for trouble in await store.troubles(CALL)] == ["503", "429", "500"]
        assert [each.id for each in await store.requests(CALL)] == ["request-9", "request-1", "request-0"]

        third = an_attempt(AttemptId("attempt-0"), handoff_id=HANDOFF)
        await store.begin_attempt(third, previous=UNREACHED, actor=HOLDER)
        attempts = await store.attempts(HANDOFF)
        assert [each.id for each in attempts] == ["attempt-9", "attempt-1", "attempt-0"]


async def test_a_handoff_that_was_accepted_before_completes_after(path: Path) -> None:
    migrate(path)
    async with open_store(path) as store:
        done = await store.complete(HANDOFF, AttemptId("attempt-1"), JobId(TARGET), at=START)
        call = await store.call(CALL)
    assert done.state is HandoffState.COMPLETED
    assert call is not None
    assert (call.holder_job, call.holder_role) == (TARGET, "billing")


async def test_earlier_calls_are_found_and_need_no_call_back(path: Path) -> None:
    migrate(path)
    async with open_store(path) as store:
        assert [call.id for call in await store.calls(search="CALLER-2")] == [OVER]
        assert [call.id for call in await store.calls(search="a bill")] == [CALL]
        assert not await store.calls(to_call_back=True)
