"""What every store does with calls and turns."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from errors import StoreError
from persistence.contract.store import Store
from persistence.records import CALLER, CallEnd, CallId, HandoffState, JobId
from tests.contract.building import (
    BILLING,
    CALL,
    HANDOFF,
    HOLDER,
    START,
    TARGET,
    a_call,
    brought_to,
)


async def test_an_opened_call_reads_back_as_it_was_given(store: Store) -> None:
    call = a_call()
    assert await store.open_call(call) == call
    assert await store.call(call.id) == call
    assert await store.open_call_in(call.room) == call


async def test_a_room_with_an_open_call_gives_that_call_with_its_holder(store: Store, other: Store) -> None:
    first = await store.open_call(a_call())
    assert await other.open_call(a_call(call_id="call-2", job=JobId("job-late"))) == first
    assert await other.call(CallId("call-2")) is None


async def test_of_many_who_open_one_room_all_get_the_same_call(store: Store, other: Store) -> None:
    openings = [
        (store, other)[number % 2].open_call(a_call(call_id=f"call-{number}")) for number in range(10)
    ]
    assert len(set(await asyncio.gather(*openings))) == 1


async def test_a_room_takes_a_new_call_when_the_last_has_ended(store: Store) -> None:
    await store.open_call(a_call())
    await store.end_call(CALL, CallEnd.GOODBYE, job=HOLDER, at=START + 1)
    assert await store.open_call_in("room-1") is None
    second = a_call(call_id="call-2")
    assert await store.open_call(second) == second


async def test_the_rooms_of_open_calls_and_no_others_are_listed(store: Store, other: Store) -> None:
    assert await store.open_rooms() == frozenset()
    for number in range(3):
        await store.open_call(a_call(call_id=f"call-{number}", room=f"room-{number}"))
    await other.end_call(CallId("call-1"), CallEnd.GOODBYE, job=HOLDER, at=START + 1)
    assert await store.open_rooms() == {"room-0", "room-2"}


async def test_the_id_of_an_ended_call_is_not_used_again(store: Store) -> None:
    await store.open_call(a_call())
    await store.end_call(CALL, CallEnd.GOODBYE, job=HOLDER, at=START + 1)
    with pytest.raises(StoreError, match="ended already"):
        await store.open_call(a_call())


async def test_unknown_ids_and_rooms_are_none_or_empty(store: Store) -> None:
    assert await store.call(CALL) is None
    assert await store.open_call_in("room-1") is None
    assert await store.handoff(HANDOFF) is None
    assert not await store.attempts(HANDOFF)
    assert not await store.turns(CALL)
    assert not await store.events(call_id=CALL)


async def test_calls_come_newest_first_and_no_more_than_the_limit(store: Store) -> None:
    for number in range(4):
        await store.open_call(a_call(call_id=f"call-{number}", room=f"room-{number}", at=START + number))
    assert [call.id for call in await store.calls(limit=3)] == ["call-3", "call-2", "call-1"]


@pytest.mark.parametrize("how", CallEnd)
async def test_a_call_ends_once_and_says_how(store: Store, other: Store, how: CallEnd) -> None:
    call = await store.open_call(a_call())
    assert await store.end_call(CALL, how, job=HOLDER, at=START + 9)
    assert not await other.end_call(CALL, CallEnd.FAILED, job=HOLDER, at=START + 10)
    over = await store.call(CALL)
    assert over is not None
    assert over == replace(call, ended_at=START + 9, ended_how=how, call_back=over.call_back)


async def test_only_the_holder_ends_a_call(store: Store) -> None:
    await store.open_call(a_call())
    assert not await store.end_call(CALL, CallEnd.GOODBYE, job=TARGET, at=START)
    assert not await store.end_call(CallId("call-9"), CallEnd.GOODBYE, job=HOLDER, at=START)
    assert await store.open_call_in("room-1") is not None


async def test_after_a_handoff_the_new_holder_ends_the_call_and_the_old_one_cannot(store: Store) -> None:
    await brought_to(store, HandoffState.COMPLETED)
    assert not await store.end_call(CALL, CallEnd.GOODBYE, job=HOLDER, at=START)
    assert await store.end_call(CALL, CallEnd.GOODBYE, job=TARGET, at=START)


@pytest.mark.parametrize(
    "state",
    [HandoffState.REQUESTED, HandoffState.DISPATCHING, HandoffState.BRIEFING, HandoffState.ACCEPTED],
)
async def test_the_end_of_a_call_abandons_its_handoff_and_attempt(store: Store, state: HandoffState) -> None:
    handoff = await brought_to(store, state)
    await store.end_call(CALL, CallEnd.CALLER_LEFT, job=HOLDER, at=START + 5)
    ended = replace(handoff, state=HandoffState.ABANDONED, ended_at=START + 5)
    assert await store.handoff(HANDOFF) == ended
    for attempt in await store.attempts(HANDOFF):
        assert attempt.outcome is HandoffState.ABANDONED
        assert attempt.ended_at == START + 5
        assert attempt.reason == "the call ended: caller_left"


async def test_the_end_of_a_call_leaves_a_finished_handoff_as_it_is(store: Store) -> None:
    handoff = await brought_to(store, HandoffState.DECLINED)
    await store.end_call(CALL, CallEnd.GOODBYE, job=HOLDER, at=START + 5)
    assert await store.handoff(HANDOFF) == handoff


async def test_turns_are_counted_and_kept_in_order(store: Store) -> None:
    await store.open_call(a_call())
    said = [(CALLER, "My bill is too high."), (BILLING, "Let me see."), (CALLER, "Thanks 🙏")]
    for number, (speaker, text) in enumerate(said):
        turn = await store.append_turn(
            CALL, speaker, text, started_at=START + number, ended_at=START + number + 1
        )
        assert turn.seq == number + 1
    turns = await store.turns(CALL)
    assert [(turn.speaker, turn.text) for turn in turns] == said
    assert [turn.seq for turn in await store.turns(CALL, last=2)] == [2, 3]
    assert not await store.turns(CALL, last=0)


async def test_turns_appended_at_once_get_each_number_once(store: Store, other: Store) -> None:
    await store.open_call(a_call())
    appended = await asyncio.gather(
        *(
            (store, other)[number % 2].append_turn(
                CALL, CALLER, str(number), started_at=START, ended_at=START
            )
            for number in range(40)
        )
    )
    assert sorted(turn.seq for turn in appended) == list(range(1, 41))
    assert list(await store.turns(CALL)) == sorted(appended, key=lambda turn: turn.seq)


async def test_last_words_are_kept_though_the_call_is_over(store: Store) -> None:
    await store.open_call(a_call())
    await store.end_call(CALL, CallEnd.CALLER_LEFT, job=HOLDER, at=START)
    assert (await store.append_turn(CALL, CALLER, "bye", started_at=START, ended_at=START)).seq == 1


async def test_a_turn_of_an_unknown_call_is_refused(store: Store) -> None:
    with pytest.raises(StoreError):
        await store.append_turn(CALL, CALLER, "hello", started_at=START, ended_at=START)


async def test_the_same_turn_again_is_the_row_it_has(store: Store, other: Store) -> None:
    """A process that does not know whether a turn was written writes it again (fault C8)."""
    await store.open_call(a_call())
    first = await store.append_turn(CALL, CALLER, "hello", started_at=START, ended_at=START + 1)
    assert await other.append_turn(CALL, CALLER, "hello", started_at=START, ended_at=START + 1) == first
    later = await store.append_turn(CALL, CALLER, "hello", started_at=START + 2, ended_at=START + 3)
    assert [turn.seq for turn in await store.turns(CALL)] == [first.seq, later.seq] == [1, 2]


async def test_a_turn_is_known_again_however_much_was_said_since(store: Store) -> None:
    await store.open_call(a_call())
    first = await store.append_turn(CALL, CALLER, "hello", started_at=START, ended_at=START)
    for later in range(1, 31):
        await store.append_turn(CALL, CALLER, "and", started_at=START + later, ended_at=START + later)
    assert await store.append_turn(CALL, CALLER, "hello", started_at=START, ended_at=START) == first
    next_one = await store.append_turn(CALL, CALLER, "bye", started_at=START + 40, ended_at=START + 40)
    assert next_one.seq == 32, "numbered without a gap"


async def test_a_turn_that_was_typed_is_marked(store: Store) -> None:
    await store.open_call(a_call())
    typed = await store.append_turn(CALL, CALLER, "hello", started_at=START, ended_at=START, typed=True)
    spoken = await store.append_turn(CALL, CALLER, "my bill", started_at=START, ended_at=START)
    assert (typed.typed, spoken.typed) == (True, False)
    assert [turn.typed for turn in await store.turns(CALL)] == [True, False]
