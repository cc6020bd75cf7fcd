"""What every store does with recordings: nothing before the caller agrees, and nothing after it has ended."""

from __future__ import annotations

import pytest

from errors import StaleHandoff
from persistence.contract.store import Store
from persistence.recording import RecordingState, Segment
from persistence.records import CALLER, CallEnd
from tests.contract.building import CALL, HOLDER, START, TARGET, WORKER, a_call

ON, PAUSED, REFUSED = RecordingState.ON, RecordingState.PAUSED, RecordingState.REFUSED
ENDED, GONE = RecordingState.ENDED, RecordingState.GONE
SEGMENT = Segment("segment-1", CALL, CALLER, START + 10)


async def agreed(store: Store, *, allowed: bool = True) -> None:
    await store.open_call(a_call())
    await store.decide_recording(CALL, allowed=allowed, job=HOLDER, at=START + 5)


async def moves(store: Store) -> list[tuple[str | None, str, str]]:
    events = [event for event in await store.events(call_id=CALL) if event.kind == "recording"]
    return [(event.moved_from, event.moved_to, event.actor) for event in events]


async def test_before_the_caller_agrees_no_segment_begins(store: Store) -> None:
    await store.open_call(a_call())
    with pytest.raises(StaleHandoff):
        await store.begin_segment(SEGMENT)
    assert not await store.recorded_calls(WORKER)
    assert await store.recording(CALL) is None


async def test_a_caller_who_refuses_has_no_segment_and_is_not_asked_again(store: Store) -> None:
    await agreed(store, allowed=False)
    with pytest.raises(StaleHandoff):
        await store.begin_segment(SEGMENT)
    with pytest.raises(StaleHandoff):
        await store.decide_recording(CALL, allowed=True, job=HOLDER, at=START + 6)
    with pytest.raises(StaleHandoff):
        await store.move_recording(CALL, ON, by="anna", at=START + 7)
    assert await moves(store) == [(None, "refused", CALLER)]


async def test_only_the_holder_tells_what_the_caller_said(store: Store) -> None:
    await store.open_call(a_call())
    with pytest.raises(StaleHandoff):
        await store.decide_recording(CALL, allowed=True, job=TARGET, at=START)


async def test_segments_of_a_recording_that_is_on_come_by_their_start(store: Store, other: Store) -> None:
    await agreed(store)
    later = Segment("segment-0", CALL, "billing", START + 20)
    await store.begin_segment(later)
    await store.begin_segment(SEGMENT)
    await store.end_segment("segment-1", at=START + 50)
    await store.end_segment("segment-1", at=START + 60)
    assert [one.ended_at for one in await other.segments(CALL)] == [START + 50, None]
    assert [call.id for call in await other.recorded_calls(WORKER)] == [CALL]


async def test_a_paused_recording_takes_nothing_until_it_goes_on(store: Store) -> None:
    await agreed(store)
    await store.move_recording(CALL, PAUSED, by="anna", at=START + 20)
    with pytest.raises(StaleHandoff):
        await store.begin_segment(SEGMENT)
    with pytest.raises(StaleHandoff):
        await store.move_recording(CALL, PAUSED, by="ben", at=START + 21)
    assert not await store.recorded_calls(WORKER)
    await store.move_recording(CALL, ON, by="ben", at=START + 30)
    await store.begin_segment(SEGMENT)
    assert await moves(store) == [(None, "on", CALLER), ("on", "paused", "anna"), ("paused", "on", "ben")]


async def test_an_ended_recording_stays_ended_and_the_call_goes_on(store: Store) -> None:
    await agreed(store)
    await store.move_recording(CALL, ENDED, by="recorder", at=START + 20)
    with pytest.raises(StaleHandoff):
        await store.move_recording(CALL, ON, by="anna", at=START + 30)
    call = await store.call(CALL)
    assert call is not None
    assert call.ended_at is None


async def test_sound_goes_once_its_call_is_over_and_under_no_legal_hold(store: Store) -> None:
    await agreed(store)
    with pytest.raises(StaleHandoff):
        await store.recording_gone(CALL, by="purge", at=START + 20)
    await store.end_call(CALL, CallEnd.CALLER_LEFT, job=HOLDER, at=START + 100)
    with pytest.raises(StaleHandoff):
        await store.move_recording(CALL, PAUSED, by="anna", at=START + 110)
    assert not await store.recordings_due(before=START + 100, limit=9)
    await store.put_legal_hold(CALL, by="anna", at=START + 120)
    assert not await store.recordings_due(before=START + 101, limit=9)
    with pytest.raises(StaleHandoff):
        await store.recording_gone(CALL, by="purge", at=START + 130)
    await store.end_legal_hold(CALL, by="anna", at=START + 140)
    assert await store.recordings_due(before=START + 101, limit=9) == [CALL]
    gone = await store.recording_gone(CALL, by="purge", at=START + 150)
    assert (gone.state, gone.moved_by) == (GONE, "purge")
    assert not await store.recordings_due(before=START + 101, limit=9)
