"""In a rolling deploy, a newer version writes words that this one does not know, on every store."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

import psycopg
import pytest

from errors import StaleHandoff
from persistence.access import EVERYTHING, Listener, ListenerState, Operator, Right
from persistence.contract.store import Store
from persistence.messages import MessageState
from persistence.people import EntryState, Help, PresenceState
from persistence.phones import Refer
from persistence.recording import RecordingState
from persistence.records import CallEnd, HandoffState, OperatorRequest, RequestId, RequestKind, ToolUseState
from persistence.words import is_known
from tests.contract.building import CALL, HANDOFF, HOLDER, START, a_call, brought_to, move
from tests.contract.people.building import ANNA, BEN, is_there, rings, waits
from tests.contract.people.test_store_messages import left
from tests.contract.people.test_store_phones import dials
from tests.contract.tools.test_store_tools import a_use
from tests.support.memory_store import MemoryStore

Newer = Callable[[str, str], None]
"""Sets columns in all rows of a table, as a newer version whose tables allow more may do."""

NEW = "a newer word"
SAY = OperatorRequest(RequestId("known"), CALL, "room-1", RequestKind.SAY, "Hello", "anna", "key-1", START)

_CHECKS = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c' AND conrelid = %s::regclass
"""


@pytest.fixture
def newer(request: pytest.FixtureRequest, store: Store, tmp_path: Path) -> Iterator[Newer]:
    if "postgres" in request.node.callspec.id:
        yield from _newer_postgres(request)
        return
    if isinstance(store, MemoryStore):
        yield _newer_sqlite(store.database.execute)
        return
    with closing(sqlite3.connect(tmp_path / "baton.db", isolation_level=None)) as connection:
        yield _newer_sqlite(lambda statement: connection.execute(statement).fetchall())


def _newer_sqlite(execute: Callable[[str], list[sqlite3.Row]]) -> Newer:
    execute("PRAGMA ignore_check_constraints = ON")

    def write(table: str, values: str) -> None:
        for (trigger,) in execute(
            f"SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '{table}'"
        ):
            execute(f"DROP TRIGGER {trigger}")
        execute(f"UPDATE {table} SET {values}")

    return write


def _newer_postgres(request: pytest.FixtureRequest) -> Iterator[Newer]:
    checks: list[tuple[str, str, str]] = []
    url = request.getfixturevalue("postgres_url")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")  # without triggers

        def write(table: str, values: str) -> None:
            for name, check in connection.execute(_CHECKS, (table,)).fetchall():
                connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}".encode())
                checks.append((table, name, check))
            connection.execute(f"UPDATE {table} SET {values}".encode())

        yield write
        request.getfixturevalue("emptied")()
        for table, name, check in checks:
            connection.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {check}".encode())


def is_new(word: StrEnum | None) -> bool:
    """Whether the word reads as NEW, and is no member of its enum."""
    return word is not None and (str(word), word.value, is_known(word)) == (NEW, NEW, False)


async def test_a_handoff_in_a_newer_state_is_open_until_it_has_ended_and_may_be_ended(
    store: Store, newer: Newer
) -> None:
    await brought_to(store, HandoffState.DISPATCHING)
    newer("handoffs", f"state = '{NEW}', completes = '{NEW}'")
    handoff = await store.handoff(HANDOFF)
    assert handoff is not None
    assert is_new(handoff.state)
    assert is_new(handoff.completes)
    assert not handoff.is_over
    newer("handoffs", f"ended_at = {START}, last_outcome = '{NEW}'")
    newer("attempts", f"outcome = '{NEW}'")
    (ended,) = await store.handoffs(call_id=CALL)
    assert ended.is_over
    assert [is_new(attempt.outcome) for attempt in await store.attempts(HANDOFF)] == [True]
    assert [is_new(state) for state, _ in await store.handoffs_by_outcome()] == [True]
    with pytest.raises(StaleHandoff):
        await move(store, ended, HandoffState.BRIEFING)


async def test_a_call_that_ended_in_a_newer_way_is_read_and_counted(store: Store, newer: Newer) -> None:
    await store.open_call(a_call())
    await store.end_call(CALL, CallEnd.GOODBYE, job=HOLDER, at=START)
    newer("calls", f"ended_how = '{NEW}', call_back = '{NEW}'")
    call = await store.call(CALL)
    assert call is not None
    assert is_new(call.ended_how)
    assert is_new(call.call_back)
    assert [is_new(how) for how in await store.calls_by_end()] == [True]


async def test_a_request_of_a_newer_kind_is_read_beside_the_others(store: Store, newer: Newer) -> None:
    await store.open_call(a_call())
    await store.add_request(SAY)
    newer("operator_requests", f"kind = '{NEW}'")
    other = replace(SAY, id=RequestId("other"), idempotency_key="key-2", requested_at=START + 1)
    await store.add_request(other)
    unknown, known = await store.requests(CALL)
    assert is_new(unknown.kind)
    assert known == other


async def test_a_message_in_a_newer_state_is_read_and_nobody_takes_it(store: Store, newer: Newer) -> None:
    await left(store)
    newer("messages", f"state = '{NEW}'")
    (message,) = await store.messages(call_id=CALL)
    assert is_new(message.state)
    with pytest.raises(StaleHandoff):
        await store.move_message(message.id, MessageState.TAKEN, by=ANNA, at=START)


async def test_people_and_their_queue_in_newer_states_are_read(store: Store, newer: Newer) -> None:
    await is_there(store, ANNA, BEN)
    entry = await waits(store)
    await rings(store, entry, ANNA)
    await dials(store, entry, BEN)
    newer("presence", f"state = '{NEW}'")
    newer("queue", f"state = '{NEW}'")
    newer("offers", f"outcome = '{NEW}', help = '{NEW}'")
    newer("dials", f"state = '{NEW}', refer = '{NEW}', ended_at = {START}")
    assert [is_new(one.state) for one in await store.presences()] == [True, True]
    seen = await store.entry(entry.id)
    assert seen is not None
    assert is_new(seen.state)
    assert not seen.is_open
    (offer,) = await store.offers(entry_id=entry.id)
    assert is_new(offer.outcome)
    assert is_new(offer.help)
    assert not offer.is_talk
    (dial,) = await store.dials(entry.call_id)
    assert is_new(dial.state)
    assert is_new(dial.refer)
    assert not dial.state.is_open
    assert not await store.make_offer(offer.id, entry.id, BEN, at=START), "nobody is known to be available"


async def test_uses_of_tools_recordings_and_listeners_in_newer_states_are_read(
    store: Store, newer: Newer
) -> None:
    await store.open_call(a_call())
    await store.begin_tool_use(a_use())
    await store.decide_recording(CALL, allowed=True, job=HOLDER, at=START)
    await store.add_listener(Listener("listener", CALL, "Ann", None, ListenerState.ASKED, START, START))
    newer("tool_uses", f"state = '{NEW}'")
    newer("recordings", f"state = '{NEW}'")
    newer("listeners", f"mode = '{NEW}'")
    (use,) = await store.tool_uses(CALL)
    assert is_new(use.state)
    assert [is_new(state) for _, state in await store.tool_uses_by_state()] == [True]
    recording = await store.recording(CALL)
    assert recording is not None
    assert is_new(recording.state)
    (listener,) = await store.listeners_of(CALL)
    assert is_new(listener.mode)
    assert not listener.mode.has_floor


async def test_a_right_that_is_not_known_opens_nothing_here(store: Store, newer: Newer) -> None:
    await store.add_operator(Operator("Ann", frozenset({Right.READ}), "hash", START))
    newer("operators", "rights = 'read newer-right'")
    (operator,) = await store.operators()
    assert operator.rights & EVERYTHING == {Right.READ}


def test_a_known_word_stays_what_it_is() -> None:
    for word in (*EntryState, *Help, *PresenceState, *Refer, *RecordingState, *ToolUseState):
        assert is_known(word)
