"""What was said, and who called, is removed when it is due or asked for; counts, outcomes and holds stay."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from errors import StaleHandoff
from persistence.access import Session
from persistence.contract.handoffs import Outcome
from persistence.contract.keeping import Overdue
from persistence.contract.store import Store
from persistence.numbers import hashed
from persistence.records import (
    CALLER,
    Call,
    CallEnd,
    CallId,
    HandoffId,
    HandoffState,
    OperatorRequest,
    RequestId,
    RequestKind,
    SummarySource,
    ToolUse,
    ToolUseId,
    ToolUseState,
)
from tests.contract.building import CALL, FRONT_DESK, HOLDER, START, a_call, a_handoff

SECRET = "my number is 0170 1234567"
NUMBER = "+49 170 1234567"
END = START + 60_000
LATER = END + 1


async def a_call_with_words(store: Store, call_id: str = CALL, room: str = "call-+491701234567") -> Call:
    """Store a call that is over, with the caller's words or number in every row that may hold them."""
    call = replace(
        a_call(call_id=call_id, room=room), caller="sip_+491701234567", caller_number=NUMBER, caller_name="Al"
    )
    await store.open_call(call)
    await store.append_turn(call.id, CALLER, SECRET, started_at=START, ended_at=START + 1)
    asked = replace(a_handoff(handoff_id=f"h-{call_id}", call_id=call.id), reason=SECRET, note=SECRET)
    handoff = await store.request_handoff(asked, at_most=5)
    await store.save_summary(handoff.id, SECRET, SummarySource.DIGEST)
    over = Outcome(HandoffState.FAILED, SECRET)
    await store.end_handoff(handoff.id, over, attempt_id=None, actor=HOLDER, at=START)
    note = a_request(f"r-{call_id}", room, RequestKind.NOTE, call.id)
    await store.add_request(note)
    use = ToolUse(
        id=ToolUseId(f"u-{call_id}"),
        call_id=call.id,
        seq=0,
        role=FRONT_DESK,
        tool="book",
        arguments=SECRET,
        arguments_hash=SECRET,
        idempotency_key=SECRET,
        once=True,
        job=HOLDER,
        began_at=START,
    )
    await store.begin_tool_use(replace(use, id=ToolUseId(f"late-{call_id}"), tool="look", once=False))
    used = await store.begin_tool_use(use)
    await store.end_tool_use(used.id, ToolUseState.DONE, job=HOLDER, answer=SECRET, at=START)
    await store.end_call(call.id, CallEnd.GOODBYE, job=HOLDER, at=END)
    return call


def a_request(request_id: str, room: str, kind: RequestKind, call: CallId | None = None) -> OperatorRequest:
    return OperatorRequest(RequestId(request_id), call, room, kind, SECRET, "anna", request_id, START)


async def all_of(store: Store) -> str:
    call_id = CallId(CALL)
    handoffs = await store.handoffs(call_id=call_id)
    attempts = [await store.attempts(handoff.id) for handoff in handoffs]
    rows = [await store.call(call_id), await store.turns(call_id), handoffs, attempts]
    return repr([*rows, await store.requests(call_id), await store.tool_uses(call_id), await store.events()])


async def test_finding_3_words_are_removed_when_they_are_due_and_the_number_stays(store: Store) -> None:
    await a_call_with_words(store)
    assert not await store.purge_words(before=END, at=LATER)
    assert await store.purge_words(before=LATER, at=LATER)
    assert not await store.purge_words(before=LATER, at=LATER)
    left = await all_of(store)
    assert SECRET not in left
    assert NUMBER in left
    assert [turn.speaker for turn in await store.turns(CallId(CALL))] == [CALLER]


async def test_finding_3_numbers_are_removed_when_they_are_due_and_the_words_stay(store: Store) -> None:
    await a_call_with_words(store)
    assert await store.purge_numbers(before=LATER, at=LATER)
    left = await all_of(store)
    assert SECRET in left
    assert "491701234567" not in left
    assert NUMBER not in left
    assert not await store.calls(search="491701234567")


async def test_finding_3_an_open_call_keeps_everything(store: Store) -> None:
    await store.open_call(a_call())
    assert not await store.purge_words(before=LATER * 2, at=LATER)
    assert not await store.purge_numbers(before=LATER * 2, at=LATER)
    assert not await store.forget_call(CallId(CALL), by="anna", at=LATER)


async def test_finding_3_a_forgotten_call_has_neither_and_counts_as_before(store: Store) -> None:
    call = await a_call_with_words(store)
    await store.add_request(a_request("token-1", call.room, RequestKind.TOKEN))
    counted = await store.handoffs_by_outcome(), len(await store.calls(is_open=False))
    assert await store.forget_call(call.id, by="anna", at=LATER)
    assert not await store.forget_call(call.id, by="anna", at=LATER)
    left = await all_of(store)
    assert not [trace for trace in (SECRET, NUMBER, "491701234567") if trace in left]
    assert (await store.handoffs_by_outcome(), len(await store.calls(is_open=False))) == counted
    request = await store.request(RequestId("token-1"))
    assert request is not None
    assert request.room == "token-1"
    latest = (await store.events())[-1]
    assert (latest.moved_from, latest.moved_to, latest.actor) == (None, "forgotten", "anna")


async def test_finding_3_a_legal_hold_keeps_everything_until_it_ends(store: Store) -> None:
    call = await a_call_with_words(store)
    held = await store.put_legal_hold(call.id, by="anna", at=LATER)
    assert (held.legal_hold_at, held.legal_hold_by) == (LATER, "anna")
    with pytest.raises(StaleHandoff):
        await store.put_legal_hold(call.id, by="bert", at=LATER)
    assert not await store.purge_words(before=LATER, at=LATER)
    assert not await store.purge_numbers(before=LATER, at=LATER)
    assert not await store.forget_call(call.id, by="anna", at=LATER)
    await store.end_legal_hold(call.id, by="bert", at=LATER)
    with pytest.raises(StaleHandoff):
        await store.end_legal_hold(call.id, by="bert", at=LATER)
    moves = [(event.moved_from, event.moved_to, event.actor) for event in (await store.events())[-2:]]
    assert moves == [(None, "legal_hold", "anna"), ("legal_hold", "released", "bert")]
    assert await store.purge_words(before=LATER, at=LATER)


async def test_finding_3_two_purges_at_once_remove_each_call_once(store: Store, other: Store) -> None:
    for number in range(6):
        await a_call_with_words(store, f"call-{number}", f"room-{number}")
    both = [one.purge_words(before=LATER, at=LATER) for _ in range(6) for one in (store, other)]
    assert sum(await asyncio.gather(*both)) == 6


async def test_finding_3_what_is_overdue_is_counted(store: Store) -> None:
    await a_call_with_words(store)
    assert await store.overdue(words_before=LATER, numbers_before=END) == Overdue(1, 0, 0)
    await store.put_legal_hold(CallId(CALL), by="anna", at=LATER)
    assert await store.overdue(words_before=LATER, numbers_before=LATER) == Overdue(0, 0, 1)


async def test_finding_11_a_hashed_number_is_all_that_stays_once_the_caller_cannot_come_back(
    store: Store,
) -> None:
    number = hashed(NUMBER, "k" * 32)
    call = replace(a_call(room="call-+491701234567"), caller="sip_+491701234567", caller_number=number)
    await store.open_call(call)
    await store.end_call(call.id, CallEnd.GOODBYE, job=HOLDER, at=END)
    assert not await store.hide_number(before=END)
    assert await store.hide_number(before=LATER)
    assert not await store.hide_number(before=LATER)
    hidden = await store.call(call.id)
    assert hidden is not None
    assert (hidden.caller, hidden.caller_number, hidden.room) == (number, number, "")
    assert [found.id for found in await store.calls(search=number)] == [call.id]
    assert not await store.calls(search="491701234567")
    assert await store.purge_numbers(before=LATER, at=LATER)


async def test_finding_16_sessions_are_removed_once_they_are_old_the_oldest_first(store: Store) -> None:
    for age in (1, 3, 2):
        await store.begin_session(Session(f"id-{age}", f"hash-{age}", "aa", "Ann", START - age, START))
    assert await store.purge_session(before=START - 1)
    assert [one.id for one in await store.sessions(since=0)] == ["id-2", "id-1"]
    assert await store.purge_session(before=START - 1)
    assert not await store.purge_session(before=START - 1)
    assert [one.id for one in await store.sessions(since=0)] == ["id-1"]


async def test_finding_11_the_room_of_a_request_without_a_call_is_removed_when_it_is_due(
    store: Store,
) -> None:
    await store.add_request(a_request("token-1", "call-+491701234567", RequestKind.TOKEN))
    assert not await store.purge_room(before=START)
    assert await store.purge_room(before=START + 1)
    assert not await store.purge_room(before=START + 1)
    assert "4917" not in repr(await store.request(RequestId("token-1")))


async def test_finding_3_words_that_are_said_as_they_are_forgotten_are_not_kept(
    store: Store, other: Store
) -> None:
    for number in range(20):
        call = await store.open_call(a_call(call_id=f"call-{number}", room=f"room-{number}"))
        if number % 2:  # in the other calls, the late turn is the first
            await store.append_turn(call.id, CALLER, SECRET, started_at=START, ended_at=START)
        await store.end_call(call.id, CallEnd.CALLER_LEFT, job=HOLDER, at=END)
        await asyncio.gather(
            store.append_turn(call.id, CALLER, SECRET, started_at=START + 9, ended_at=START + 9),
            other.forget_call(call.id, by="anna", at=LATER),
        )
        assert [turn.text for turn in await store.turns(call.id)] == [""] * (1 + number % 2)


async def test_finding_3_words_that_come_too_late_are_not_kept(store: Store) -> None:
    """A process whose store did not answer writes its last turn twice after the caller has been forgotten."""
    call = await a_call_with_words(store)
    assert await store.forget_call(call.id, by="anna", at=LATER)
    for _ in range(2):
        await store.append_turn(call.id, CALLER, SECRET, started_at=START + 9, ended_at=START + 9)
    await store.save_summary(HandoffId(f"h-{CALL}"), SECRET, SummarySource.MODEL)
    late = ToolUseId(f"late-{CALL}")
    await store.end_tool_use(late, ToolUseState.DONE, job=HOLDER, answer=SECRET, at=LATER)
    assert SECRET not in await all_of(store)
    assert [turn.speaker for turn in await store.turns(call.id)] == [CALLER, CALLER]
