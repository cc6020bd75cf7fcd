"""What every store does with operators and with long lists."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from persistence.access import ACTS, WATCHES, Listener, ListenerState, Operator, Session
from persistence.contract.calls import Cursor
from persistence.contract.handoffs import Outcome
from persistence.contract.store import Store
from persistence.records import Call, CallEnd, Handoff, HandoffState
from tests.contract.building import BILLING, CALL, HOLDER, OPERATOR, START, a_call, a_handoff

ANN = Operator(name="Ann", rights=ACTS, token_hash="aa", made_at=START)
BOB = Operator(name="Bob", rights=WATCHES, token_hash="bb", made_at=START + 1)


async def test_an_operator_is_known_by_the_hash_of_the_token(store: Store) -> None:
    for operator in (BOB, ANN):
        assert await store.add_operator(operator)
    assert await store.operator_of("aa") == ANN
    assert await store.operator_of("bb") == BOB
    assert await store.operator_of("cc") is None
    assert await store.operators() == [ANN, BOB]


@pytest.mark.parametrize("same", [replace(BOB, name="Ann"), replace(BOB, token_hash="aa")])
async def test_neither_a_name_nor_a_token_is_given_twice(store: Store, same: Operator) -> None:
    assert await store.add_operator(ANN)
    assert not await store.add_operator(same)
    assert await store.operators() == [ANN]


async def test_of_many_who_take_one_name_one_gets_it(store: Store, other: Store) -> None:
    added = await asyncio.gather(
        *(
            (store, other)[number % 2].add_operator(replace(ANN, token_hash=f"{number}"))
            for number in range(8)
        )
    )
    assert sum(added) == 1


async def test_a_revoked_token_opens_nothing_and_its_name_stays_in_the_list(store: Store) -> None:
    await store.add_operator(ANN)
    assert await store.revoke_operator("Ann", at=START + 5)
    assert await store.operator_of("aa") is None
    assert await store.operators() == [replace(ANN, revoked_at=START + 5)]
    assert not await store.revoke_operator("Ann", at=START + 6)
    assert not await store.revoke_operator("Bob", at=START + 6)
    assert not await store.add_operator(replace(ANN, token_hash="cc"))


async def test_finding_1_a_renewed_token_takes_the_place_of_the_one_before(store: Store) -> None:
    await store.add_operator(ANN)
    assert await store.renew_operator("Ann", token_hash="dd", rights=None, expires_at=START + 9)
    assert await store.operator_of("aa") is None
    assert await store.operator_of("dd") == replace(ANN, token_hash="dd", expires_at=START + 9)
    assert await store.renew_operator("Ann", token_hash="ee", rights=WATCHES, expires_at=None)
    assert await store.operator_of("ee") == replace(ANN, token_hash="ee", rights=WATCHES)
    assert not await store.renew_operator("Bob", token_hash="ff", rights=None, expires_at=None)
    await store.revoke_operator("Ann", at=START + 5)
    assert not await store.renew_operator("Ann", token_hash="ff", rights=None, expires_at=None)


async def test_finding_1_a_session_is_used_and_ended_once(store: Store) -> None:
    session = Session("id", "hash", "aa", "Ann", START, START)
    await store.begin_session(session)
    assert await store.session_of("none") is None
    await store.use_session("id", at=START + 5)
    await store.use_session("id", at=START + 4)
    assert await store.session_of("hash") == replace(session, used_at=START + 5)
    assert [one.id for one in await store.sessions(since=START)] == ["id"]
    assert not await store.sessions(since=START + 1)
    assert await store.end_session("id", by="cli:root", at=START + 6)
    assert not await store.end_session("id", by="Ann", at=START + 7)
    await store.use_session("id", at=START + 8)
    ended = replace(session, used_at=START + 5, ended_at=START + 6, ended_by="cli:root")
    assert await store.session_of("hash") == ended
    assert not await store.sessions(since=START)


async def test_finding_2_a_listeners_moves_are_events_of_their_call(store: Store) -> None:
    await store.open_call(a_call())
    listener = Listener("listener-1", CALL, "Ann", "hash", ListenerState.ASKED, START, START)
    assert await store.add_listener(listener)
    assert await store.move_listener("listener-1", ListenerState.JOINED, at=START + 1)
    assert not await store.move_listener("listener-1", ListenerState.JOINED, at=START + 2)
    moved = replace(listener, state=ListenerState.JOINED, moved_at=START + 1)
    assert await store.listeners(since=START + 99) == [moved], "who is in a room is never forgotten"
    assert await store.move_listener("listener-1", ListenerState.LEFT, at=START + 3)
    assert not await store.listeners(since=START + 99)
    told = [one for one in await store.events(call_id=CALL) if one.kind == "listener"]
    assert [(one.subject, one.moved_from, one.moved_to, one.actor, one.at) for one in told] == [
        ("listener-1", None, "asked", "Ann", START),
        ("listener-1", "asked", "joined", "Ann", START + 1),
        ("listener-1", "joined", "left", "Ann", START + 3),
    ]


# --- pages


def cursor_after(row: Call | Handoff) -> Cursor:
    return Cursor(row.started_at if isinstance(row, Call) else row.requested_at, row.id)


async def test_calls_are_paged_without_gap_or_repetition_also_where_times_are_equal(store: Store) -> None:
    for number in range(7):
        at = START + number // 3
        await store.open_call(a_call(call_id=f"call-{number}", room=f"room-{number}", at=at))
    whole = await store.calls()
    assert [call.id for call in whole] == [f"call-{number}" for number in range(6, -1, -1)]
    seen: list[Call] = []
    while page := await store.calls(after=cursor_after(seen[-1]) if seen else None, limit=2):
        seen.extend(page)
    assert seen == whole


async def test_what_begins_while_one_pages_does_not_shift_the_pages(store: Store) -> None:
    for number in range(4):
        await store.open_call(a_call(call_id=f"call-{number}", room=f"room-{number}", at=START + number))
    first = await store.calls(limit=2)
    await store.open_call(a_call(call_id="call-9", room="room-9", at=START + 9))
    second = await store.calls(after=cursor_after(first[-1]), limit=2)
    assert [call.id for call in (*first, *second)] == ["call-3", "call-2", "call-1", "call-0"]


async def test_calls_are_told_apart_by_whether_they_are_over(store: Store) -> None:
    for number in range(4):
        await store.open_call(a_call(call_id=f"call-{number}", room=f"room-{number}", at=START + number))
    over = await store.calls(limit=2)
    for call in over:
        await store.end_call(call.id, CallEnd.GOODBYE, job=HOLDER, at=START + 9)
    assert [call.id for call in await store.calls(is_open=True)] == ["call-1", "call-0"]
    assert [call.id for call in await store.calls(is_open=False)] == ["call-3", "call-2"]
    page = await store.calls(is_open=False, after=cursor_after(over[0]))
    assert [call.id for call in page] == ["call-2"]


async def many_handoffs(store: Store, count: int) -> Sequence[Handoff]:
    await store.open_call(a_call())
    for number in range(count):
        asked = a_handoff(handoff_id=f"handoff-{number}", key=f"key-{number}", at=START + number // 2)
        handoff = await store.request_handoff(asked, at_most=100)
        taken_back = Outcome(HandoffState.CANCELLED, "so")
        await store.end_handoff(handoff.id, taken_back, attempt_id=None, actor=OPERATOR, at=START + 50)
    return await store.handoffs()


async def test_handoffs_are_paged_within_their_filters(store: Store) -> None:
    whole = await many_handoffs(store, 7)
    seen: list[Handoff] = []
    while page := await store.handoffs(
        call_id=CALL,
        state=HandoffState.CANCELLED,
        role=BILLING,
        after=cursor_after(seen[-1]) if seen else None,
        limit=3,
    ):
        seen.extend(page)
    assert seen == list(whole)
    assert not await store.handoffs(state=HandoffState.FAILED, after=cursor_after(whole[0]))


@pytest.mark.parametrize(
    ("since", "until", "found"),
    [(None, None, [4, 3, 2, 1, 0]), (1, None, [4, 3, 2]), (None, 1, [1, 0]), (1, 2, [3, 2]), (2, 2, [])],
)
async def test_a_period_begins_with_its_first_moment_and_ends_before_its_last(
    store: Store, since: int | None, until: int | None, found: list[int]
) -> None:
    await many_handoffs(store, 5)  # two a millisecond
    rows = await store.handoffs(
        since=None if since is None else START + since, until=None if until is None else START + until
    )
    assert [row.id for row in rows] == [f"handoff-{number}" for number in found]


async def test_a_cursor_to_what_is_not_there_is_a_place_like_any_other(store: Store) -> None:
    await store.open_call(a_call(at=START))
    assert [call.id for call in await store.calls(after=Cursor(START + 1, "call-x"))] == [CALL]
    assert not await store.calls(after=Cursor(START, ""))


async def test_events_are_read_in_pages(store: Store) -> None:
    await many_handoffs(store, 3)
    whole = await store.events(call_id=CALL)
    seen = list(await store.events(call_id=CALL, limit=2))
    while page := await store.events(call_id=CALL, after=seen[-1].id, limit=2):
        seen.extend(page)
    assert seen == list(whole)
