"""`baton store copy`: every row is copied, also after an interruption, and calls can continue on the copy."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from errors import BadInput, StoreError
from operators.cli import app
from persistence import copying
from persistence.access import WATCHES, Listener, ListenerState, Operator, Session
from persistence.contract.store import Store
from persistence.engines import copy, migrate, open_store
from persistence.messages import Message, MessageId
from persistence.records import (
    CallEnd,
    CallId,
    Cost,
    HandoffId,
    HandoffState,
    OperatorRequest,
    RequestId,
    RequestKind,
    SummarySource,
    ToolUse,
    ToolUseId,
    Trouble,
    Used,
    WorkerId,
)
from tests.contract.building import (
    CALL,
    FIRST,
    FRONT_DESK,
    HANDOFF,
    HOLDER,
    SECOND,
    START,
    TARGET,
    UNREACHED,
    WORKER,
    a_call,
    a_handoff,
    an_attempt,
    brought_to,
)


@pytest.fixture
def source(tmp_path: Path) -> str:
    """A store on SQLite with something of everything in it."""
    url = f"sqlite:///{tmp_path / 'baton.db'}"
    migrate(url)

    async def fill() -> None:
        async with open_store(url) as store:
            await brought_to(store, HandoffState.COMPLETED)
            await store.end_call(CALL, CallEnd.GOODBYE, job=TARGET, at=START)
            for number in range(2, 8):
                await fill_call(store, number)
            await store.add_operator(Operator("ann", WATCHES, "hash", START))
            await store.begin_session(Session("id", "secret", "hash", "ann", START, START))
            asked = Listener("listener-1", CallId("call-2"), "ann", None, ListenerState.ASKED, START, START)
            assert await store.add_listener(asked)
            await store.note_spent_limit("key", "a model", day=True, for_s=60)
            await store.keep_lease(WORKER, "host-1", lease_s=2, draining=False)
            await store.end_lease(WORKER)

    asyncio.run(fill())
    return url


async def fill_call(store: Store, number: int) -> None:
    call = CallId(f"call-{number}")
    await store.open_call(replace(a_call(call_id=call, room=f"room {number}"), caller_name="Zoë\0 Ångström"))
    await store.append_turn(call, "caller", f"the {number}th\n\t\\N", started_at=START, ended_at=START)
    left = Message(MessageId(call), call, FRONT_DESK, FRONT_DESK, "words", "", "", START)
    await store.leave_message(left, job=HOLDER, at_most=1)
    await store.note_trouble(Trouble(call, "chat", "429", START))
    asked = OperatorRequest(
        RequestId(f"request-{number}"), call, "room", RequestKind.NOTE, "", "ann", call, START
    )
    await store.add_request(asked)
    use = ToolUse(ToolUseId(call), call, 0, FRONT_DESK, "find", "{}", "hash", call, True, HOLDER, START)
    await store.begin_tool_use(use)
    await store.save_costs([Cost(call, HOLDER, "a model", False, Used(requests=number))])
    handoff = HandoffId(f"handoff-{number}")
    await store.request_handoff(a_handoff(handoff_id=handoff, call_id=call), at_most=5)
    for attempt in (FIRST, SECOND):
        begun = replace(an_attempt(attempt, handoff_id=handoff), id=type(attempt)(f"{attempt}-{number}"))
        await store.begin_attempt(begun, previous=UNREACHED if attempt == SECOND else None, actor=HOLDER)


def told(_table: str, _done: int, _total: int) -> None:
    """Ignore the progress."""


async def everything(url: str) -> list[object]:
    async with open_store(url) as store:
        calls = await store.calls(limit=100)
        return [
            calls,
            await store.handoffs(limit=100),
            await store.events(),
            await store.operators(),
            await store.sessions(since=0),
            await store.listeners(since=0),
            await store.costs_by_model(),
            await store.messages(),
            [await store.turns(call.id) for call in calls],
            [await store.requests(call.id) for call in calls],
            [await store.troubles(call.id) for call in calls],
            [await store.tool_uses(call.id) for call in calls],
            [await store.attempts(handoff.id) for handoff in await store.handoffs(limit=100)],
        ]


def test_a_copy_is_equal_and_goes_on_as_the_store_did(source: str, empty_postgres: str) -> None:
    copied = CliRunner().invoke(app, ["store", "copy", source, empty_postgres])
    assert copied.exit_code == 0, copied.output
    assert "calls: 7 of 7" in copied.output
    assert "rows are in postgresql://baton@" in copied.output

    async def go_on() -> None:
        before, after = await everything(source), await everything(empty_postgres)
        assert repr(after) == repr(before).replace("\\x00", "")
        async with open_store(empty_postgres) as store:
            latest = await store.latest_event()
            await store.open_call(a_call(call_id="new", room="new"))
            assert [event.id for event in await store.events(after=latest)] == [latest + 1]
            assert (
                await store.claim_attempt(
                    HandoffId("handoff-7"), type(SECOND)("attempt-2-7"), TARGET, worker=WORKER, at=START
                )
            ).state is HandoffState.BRIEFING
            assert (await store.append_turn(CALL, "x", "y", started_at=1, ended_at=1)).seq == 1

    asyncio.run(go_on())


@pytest.mark.parametrize("at", ["calls", "handoffs", "events"])
def test_an_interrupted_copy_goes_on_where_it_was(
    source: str, empty_postgres: str, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    monkeypatch.setattr(copying, "BATCH", 2)
    begun: list[tuple[str, int]] = []

    def interrupted(table: str, done: int, total: int) -> None:
        if table == at and done >= 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy(source, empty_postgres, interrupted)
    copy(source, empty_postgres, lambda table, done, total: begun.append((table, done)))
    assert next(done for table, done in begun if table == at) == 4
    assert repr(asyncio.run(everything(empty_postgres))) == repr(asyncio.run(everything(source))).replace(
        "\\x00", ""
    )


def test_a_store_in_use_is_not_copied(source: str, empty_postgres: str) -> None:
    async def work() -> None:
        async with open_store(source) as store:
            await store.keep_lease(WorkerId("alive"), "host", lease_s=60, draining=False)

    asyncio.run(work())
    with pytest.raises(BadInput, match="a worker still uses"):
        copy(source, empty_postgres, told)


def test_a_database_with_rows_of_its_own_is_no_target(source: str, empty_postgres: str) -> None:
    async def work() -> None:
        async with open_store(empty_postgres) as store:
            await store.open_call(a_call(call_id="another", room="another"))

    asyncio.run(work())
    with pytest.raises(BadInput, match="the target has rows of its own in calls"):
        copy(source, empty_postgres, told)


def test_a_row_that_differs_is_told(source: str, empty_postgres: str) -> None:
    copy(source, empty_postgres, told)

    async def work() -> None:
        async with open_store(empty_postgres) as store:
            await store.save_summary(HANDOFF, "another", SummarySource.MODEL)

    asyncio.run(work())
    with pytest.raises(StoreError, match="the copy differs: handoffs"):
        copy(source, empty_postgres, told)


@pytest.mark.parametrize(
    ("one", "another"), [("sqlite:///a", "sqlite:///b"), ("postgresql://h/a", "sqlite:///b")]
)
def test_only_from_sqlite_to_postgres(one: str, another: str) -> None:
    with pytest.raises(BadInput, match="from SQLite to Postgres alone"):
        copy(one, another, told)
