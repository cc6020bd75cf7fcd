"""Messages that callers leave, on every store: kept once, taken by one, and gone with the call's words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from errors import StaleHandoff
from persistence.contract.calls import Cursor
from persistence.contract.store import Store
from persistence.messages import Message, MessageId, MessageState
from persistence.people import Waits
from persistence.records import CallEnd, CallId, JobId, RoleName
from tests.contract.building import FRONT_DESK, HOLDER, START, a_call
from tests.contract.people.building import ANNA, BEN, DESK

CALL = CallId("call-1")
OPEN, TAKEN, DONE = MessageState


def a_message(number: int = 1, *, role: RoleName = DESK) -> Message:
    return Message(
        id=MessageId(f"message-{number}"),
        call_id=CALL,
        role=role,
        from_role=FRONT_DESK,
        words="My router is dead.",
        for_whom="Anna",
        reach="030 901820, after five",
        left_at=START + number,
        moved_at=START + number,
    )


async def left(store: Store, *messages: Message) -> None:
    await store.open_call(a_call())
    for message in messages or [a_message()]:
        assert await store.leave_message(message, job=HOLDER, at_most=5) == message


async def test_a_message_is_left_once_by_who_holds_the_call(store: Store) -> None:
    await left(store)
    assert await store.leave_message(a_message(), job=HOLDER, at_most=5) == a_message(), "a repeated write"
    with pytest.raises(StaleHandoff):
        await store.leave_message(a_message(2), job=JobId("another"), at_most=5)
    with pytest.raises(StaleHandoff):
        await store.leave_message(a_message(2), job=HOLDER, at_most=1)
    await store.end_call(CALL, CallEnd.GOODBYE, job=HOLDER, at=START + 5)
    with pytest.raises(StaleHandoff):
        await store.leave_message(a_message(2), job=HOLDER, at_most=5)
    assert await store.messages(call_id=CALL) == [a_message()]


async def test_of_two_people_who_take_it_one_has_it(store: Store) -> None:
    await left(store)
    taken = await store.move_message(a_message().id, TAKEN, by=ANNA, at=START + 10)
    assert taken == replace(a_message(), state=TAKEN, person=ANNA, moved_at=START + 10)
    with pytest.raises(StaleHandoff):
        await store.move_message(a_message().id, TAKEN, by=BEN, at=START + 11)
    assert await store.message(a_message().id) == taken


async def test_it_is_put_back_done_and_opened_again_and_each_is_told(store: Store) -> None:
    await left(store)
    for state, by in ((TAKEN, ANNA), (OPEN, ANNA), (TAKEN, BEN), (DONE, BEN), (OPEN, ANNA), (DONE, ANNA)):
        moved = await store.move_message(a_message().id, state, by=by, at=START + 10)
        assert (moved.state, moved.person) == (state, None if state is OPEN else by)
        with pytest.raises(StaleHandoff):
            await store.move_message(a_message().id, state, by=by, at=START + 11)
    with pytest.raises(StaleHandoff):
        await store.move_message(a_message().id, TAKEN, by=BEN, at=START + 12)
    told = [event for event in await store.events(call_id=CALL) if event.kind == "message"]
    assert [event.moved_to for event in told] == ["open", "taken", "open", "taken", "done", "open", "done"]
    assert [event.actor for event in told] == [FRONT_DESK, ANNA, ANNA, BEN, BEN, ANNA, ANNA]


async def test_they_are_found_by_role_and_by_whether_they_are_done_the_newest_first(store: Store) -> None:
    other = RoleName("night-desk")
    await left(store, a_message(1), a_message(2, role=other), a_message(3))
    await store.move_message(a_message(1).id, DONE, by=ANNA, at=START + 10)

    async def found(**wanted: object) -> list[str]:
        return [message.id for message in await store.messages(**wanted)]  # type: ignore[arg-type]

    assert await found() == ["message-3", "message-2", "message-1"]
    assert await found(roles=[DESK]) == ["message-3", "message-1"]
    assert await found(roles=[DESK, other], done=False) == ["message-3", "message-2"]
    assert await found(done=True) == ["message-1"]
    assert await found(roles=[]) == []
    assert await found(limit=1, after=Cursor(START + 3, "message-3")) == ["message-2"]


async def test_the_oldest_is_told_of_each_role_until_somebody_takes_it_or_its_words_are_gone(
    store: Store,
) -> None:
    other = RoleName("night-desk")
    await left(store, a_message(1), a_message(2), a_message(3, role=other))
    assert await store.oldest_messages() == {DESK: START + 1, other: START + 3}
    await store.move_message(a_message(1).id, TAKEN, by=ANNA, at=START + 10)
    await store.move_message(a_message(3).id, DONE, by=ANNA, at=START + 10)
    assert await store.oldest_messages() == {DESK: START + 2}
    await store.end_call(CALL, CallEnd.GOODBYE, job=HOLDER, at=START + 5)
    assert await store.purge_words(before=START + 9, at=START + 9)
    assert await store.oldest_messages() == {}, "nobody could do anything about it"


async def test_what_it_says_goes_with_the_words_and_how_to_reach_them_with_the_number(store: Store) -> None:
    await left(store)
    await store.end_call(CALL, CallEnd.GOODBYE, job=HOLDER, at=START + 5)
    await store.put_legal_hold(CALL, by="ann", at=START + 6)
    assert not await store.purge_numbers(before=START + 9, at=START + 9)
    assert not await store.purge_words(before=START + 9, at=START + 9)
    assert await store.messages() == [a_message()], "a legal hold keeps it"
    await store.end_legal_hold(CALL, by="ann", at=START + 7)
    assert await store.purge_numbers(before=START + 9, at=START + 9)
    (kept,) = await store.messages()
    assert (kept.words, kept.for_whom, kept.reach) == ("My router is dead.", "Anna", "")
    assert await store.purge_words(before=START + 9, at=START + 9)
    (kept,) = await store.messages()
    assert (kept.words, kept.for_whom, kept.state) == ("", "", OPEN)


async def test_the_figures_count_them_by_the_day_on_which_they_were_left(store: Store) -> None:
    await left(store, a_message(1), a_message(2))
    await store.move_message(a_message(1).id, DONE, by=ANNA, at=START + 10)
    none = {name: 0 for name in Waits.__slots__ if name not in {"role", "messages", "messages_open"}}
    counted = await store.waits(since=START, until=START + 10, target_ms=20_000)
    assert counted == [Waits(role=DESK, messages=2, messages_open=1, **none)]
    assert await store.waits(since=START + 3, until=START + 10, target_ms=20_000) == []
