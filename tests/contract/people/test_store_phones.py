"""People who are called by telephone: one row for each time that a number is dialled, on every store."""

from __future__ import annotations

from dataclasses import replace

import pytest

from errors import StaleHandoff
from persistence.contract.store import Store
from persistence.people import EntryState, Person, PresenceState, QueueEntry
from persistence.phones import Dial, DialId, DialState, Refer
from persistence.records import CallEnd, CallId, JobId
from tests.contract.building import START
from tests.contract.people.building import ANNA, BEN, DESK, is_there, waits

MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS
CALLS_A_DAY, MINUTES_A_DAY = 3, 10


async def dials(
    store: Store,
    entry: QueueEntry,
    person: Person = ANNA,
    *,
    line: str = "",
    number: int = 1,
    at: int = START,
) -> Dial | None:
    dial = Dial(
        id=DialId(f"{entry.id} to {person} {number}"),
        entry_id=entry.id,
        call_id=entry.call_id,
        role=DESK,
        person=person,
        line=line or f"line of {person}",
        shown="…56",
        dialled_at=at,
    )
    return await store.dial(dial, calls_a_day=CALLS_A_DAY, minutes_a_day=MINUTES_A_DAY)


async def answers(store: Store, entry: QueueEntry, person: Person = ANNA, *, at: int = START) -> Dial:
    dial = await dials(store, entry, person, at=at)
    assert dial is not None
    await store.move_dial(dial.id, DialState.RINGING, at=at + 1_000)
    return await store.move_dial(dial.id, DialState.ANSWERED, at=at + 2_000)


async def state_of(store: Store, dial: Dial) -> DialState:
    return next(each.state for each in await store.dials(dial.call_id) if each.id == dial.id)


async def test_the_row_is_there_before_the_number_is_dialled_and_holds_no_number(store: Store) -> None:
    dial = await dials(store, await waits(store))
    assert dial is not None
    assert (dial.state, dial.answered_at, dial.ended_at, dial.gone_at) == (
        DialState.DIALLING,
        None,
        None,
        None,
    )
    assert await store.dials(dial.call_id) == [dial]


async def test_a_number_is_not_dialled_while_somebody_may_still_be_on_the_line(store: Store) -> None:
    first, second = await waits(store, 1), await waits(store, 2)
    dial = await dials(store, first)
    assert dial is not None
    assert await dials(store, second) is None, "it is being dialled"
    await store.end_dial(dial.id, DialState.CANCELLED, gone=False, at=START)
    assert await dials(store, second) is None, "nobody has hung up yet"
    await store.dial_gone(dial.id, at=START + 1)
    assert await dials(store, second) is not None


async def test_two_people_with_one_number_are_not_called_at_once(store: Store) -> None:
    entry = await waits(store)
    assert await dials(store, entry, ANNA, line="theirs") is not None
    assert await dials(store, entry, BEN, line="theirs") is None


async def test_an_outcome_stands(store: Store) -> None:
    dial = await dials(store, await waits(store))
    assert dial is not None
    ended = await store.end_dial(dial.id, DialState.BUSY, gone=True, at=START + 5)
    assert (ended.state, ended.ended_at, ended.gone_at) == (DialState.BUSY, START + 5, START + 5)
    for move in (
        store.end_dial(dial.id, DialState.CANCELLED, gone=True, at=START + 6),
        store.move_dial(dial.id, DialState.RINGING, at=START + 6),
        store.take_by_phone(dial.id, at=START + 6),
    ):
        with pytest.raises(StaleHandoff):
            await move
    assert await state_of(store, dial) is DialState.BUSY


@pytest.mark.parametrize("outcome", [state for state in DialState if not state.is_open])
async def test_every_outcome_can_be_written(store: Store, outcome: DialState) -> None:
    dial = await dials(store, await waits(store))
    assert dial is not None
    assert (await store.end_dial(dial.id, outcome, gone=True, at=START)).state is outcome


async def test_ringing_that_is_told_late_does_not_undo_the_answer(store: Store) -> None:
    dial = await dials(store, await waits(store))
    assert dial is not None
    await store.move_dial(dial.id, DialState.ANSWERED, at=START + 1)
    with pytest.raises(StaleHandoff):
        await store.move_dial(dial.id, DialState.RINGING, at=START + 2)
    assert await state_of(store, dial) is DialState.ANSWERED


async def test_nobody_has_the_caller_whose_telephone_was_not_answered(store: Store) -> None:
    dial = await dials(store, await waits(store))
    assert dial is not None
    with pytest.raises(StaleHandoff):
        await store.take_by_phone(dial.id, at=START)


async def test_who_accepts_first_has_the_caller_and_the_others_are_cancelled(store: Store) -> None:
    await is_there(store, ANNA)
    entry = await waits(store, people=())
    annas, bens = await answers(store, entry, ANNA), await answers(store, entry, BEN)

    offer = await store.take_by_phone(annas.id, at=START + 3_000)

    with pytest.raises(StaleHandoff):
        await store.take_by_phone(bens.id, at=START + 3_001)
    taken = await store.entry(entry.id)
    assert taken is not None
    assert (taken.state, taken.person, taken.offer_id) == (EntryState.TAKEN, ANNA, offer.id)
    assert (str(offer.id), offer.is_talk) == (str(annas.id), True)
    assert await state_of(store, annas) is DialState.ACCEPTED
    assert await state_of(store, bens) is DialState.CANCELLED
    (presence,) = await store.presences()
    assert presence.state is PresenceState.BUSY, "nothing rings at a desk whose person talks on the telephone"


@pytest.mark.parametrize("how", ["the talk ends", "the call ends", "the caller is given back"])
async def test_a_dial_ends_with_its_talk(store: Store, how: str) -> None:
    entry = await waits(store, people=())
    dial = await answers(store, entry)
    offer = await store.take_by_phone(dial.id, at=START + 3_000)
    await store.connect_talk(offer.id, at=START + 4_000)
    if how == "the talk ends":
        await store.end_talk(offer.id, at=START + 9_000)
    elif how == "the call ends":
        await store.end_call(entry.call_id, CallEnd.GOODBYE, job=JobId("job-1"), at=START + 9_000)
    else:
        await store.return_caller(offer.id, reason="", at=START + 9_000)
    assert await state_of(store, dial) is DialState.TALKED
    (left,) = await store.dials_left(ended_before=START + 9_001)
    assert (left.id, left.ended_at) == (dial.id, START + 9_000), "somebody must hang up"
    await store.dial_gone(dial.id, at=START + 9_100)
    assert await store.dials_left(ended_before=START + 99_000) == []


async def test_a_caller_who_leaves_while_it_rings_cancels_the_dial(store: Store) -> None:
    entry = await waits(store, people=())
    dial = await dials(store, entry)
    assert dial is not None
    await store.leave_queue(entry.id, EntryState.ABANDONED, by="rule", at=START + 2_000)
    assert await state_of(store, dial) is DialState.CANCELLED
    assert [left.id for left in await store.dials_left(ended_before=START + 2_001)] == [dial.id]
    assert await dials(store, entry, BEN) is None, "nobody waits any more"


async def test_a_number_is_called_so_often_in_24_hours_and_no_oftener(store: Store) -> None:
    entry = await waits(store, people=())
    for number in range(CALLS_A_DAY):
        dial = await dials(store, entry, number=number, at=START + number)
        assert dial is not None
        await store.end_dial(dial.id, DialState.NO_ANSWER, gone=True, at=START + number)
    assert await dials(store, entry, number=7, at=START + DAY_MS - 1) is None
    assert await dials(store, entry, number=8, at=START + DAY_MS) is not None


async def test_a_number_is_not_called_after_so_many_minutes_in_24_hours(store: Store) -> None:
    dial = await answers(store, await waits(store, 1, people=()))
    await store.end_dial(dial.id, DialState.NOT_ACCEPTED, gone=True, at=START + 2_000 + 10 * MINUTE_MS)
    entry = await waits(store, 2, people=())
    assert await dials(store, entry, number=2, at=START + 11 * MINUTE_MS) is None
    assert await dials(store, entry, BEN, at=START + 11 * MINUTE_MS) is not None


async def test_the_events_tell_each_step_of_a_dial(store: Store) -> None:
    entry = await waits(store, people=())
    dial = await answers(store, entry)
    await store.end_dial(dial.id, DialState.MACHINE, gone=True, at=START + 4_000)
    told = [event for event in await store.events(call_id=CallId(entry.call_id)) if event.kind == "dial"]
    assert [(event.moved_from, event.moved_to, event.at - START) for event in told] == [
        (None, "dialling", 0),
        ("dialling", "ringing", 1_000),
        ("ringing", "answered", 2_000),
        ("answered", "machine", 4_000),
    ]


async def test_a_dial_needs_an_entry_that_waits(store: Store) -> None:
    entry = await waits(store)
    assert await dials(store, replace(entry, id=type(entry.id)("another"))) is None


async def test_a_caller_is_sent_to_a_number_that_is_not_rung_and_who_answers_there_has_them(
    store: Store,
) -> None:
    entry = await waits(store)
    dial = await dials(store, entry)
    assert dial is not None
    assert (await store.refer_dial(dial.id, Refer.ASKED, at=START + 1_000)).state is DialState.DIALLING
    with pytest.raises(StaleHandoff):
        await store.refer_dial(dial.id, Refer.ASKED, at=START + 1_001)
    await store.refer_dial(dial.id, Refer.LEFT, at=START + 2_000)
    await store.move_dial(dial.id, DialState.ANSWERED, at=START + 2_000)
    offer = await store.take_by_phone(dial.id, at=START + 2_000)
    await store.connect_talk(offer.id, at=START + 2_000)
    await store.end_call(entry.call_id, CallEnd.TRANSFERRED, job=JobId("job-1"), at=START + 3_000)
    (row,) = await store.dials(entry.call_id)
    assert (row.state, row.refer) == (DialState.TALKED, Refer.LEFT)
    assert (await store.entry_of(entry.call_id)).state is EntryState.TALKED  # type: ignore[union-attr]


async def test_a_caller_is_sent_out_once_after_the_row_and_only_to_who_accepted(store: Store) -> None:
    """The provider's answer may come after the call's end, because the caller is seen to leave first."""
    entry = await waits(store)
    dial = await answers(store, entry)
    with pytest.raises(StaleHandoff):
        await store.refer_dial(dial.id, Refer.ASKED, at=START)
    await store.take_by_phone(dial.id, at=START + 3_000)
    with pytest.raises(StaleHandoff):
        await store.refer_dial(dial.id, Refer.LEFT, at=START)
    assert (await store.refer_dial(dial.id, Refer.ASKED, at=START + 4_000)).refer is Refer.ASKED
    with pytest.raises(StaleHandoff):
        await store.refer_dial(dial.id, Refer.ASKED, at=START + 4_001)

    await store.end_call(entry.call_id, CallEnd.TRANSFERRED, job=JobId("job-1"), at=START + 5_000)
    await store.refer_dial(dial.id, Refer.LEFT, at=START + 5_001)
    (row,) = await store.dials(entry.call_id)
    assert (row.state, row.refer) == (DialState.TALKED, Refer.LEFT)
    with pytest.raises(StaleHandoff):
        await store.refer_dial(dial.id, Refer.BUSY, at=START + 5_002)
    told = [event.moved_to for event in await store.events(call_id=entry.call_id) if event.kind == "dial"]
    assert told[-3:] == ["refer_asked", "talked", "refer_left"]
    call = await store.call(entry.call_id)
    assert call is not None
    assert call.ended_how is CallEnd.TRANSFERRED
