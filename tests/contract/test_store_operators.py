"""What every store does with those who may watch and act, and with long lists."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from persistence.contract.calls import Cursor
from persistence.contract.handoffs import Outcome
from persistence.contract.store import Store
from persistence.records import (
    Call,
    CallEnd,
    Handoff,
    HandoffState,
    Operator,
    OperatorRole,
)
from tests.contract.building import BILLING, CALL, HOLDER, OPERATOR, START, a_call, a_handoff

ANN = Operator(name="Ann", role=OperatorRole.OPERATOR, token_hash="aa", made_at=START)
BOB = Operator(name="Bob", role=OperatorRole.VIEWER, token_hash="bb", made_at=START + 1)


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
