"""What every store records of each move by itself."""

from __future__ import annotations

from persistence.contract.handoffs import Outcome
from persistence.contract.store import Store
from persistence.records import CallEnd, Event, HandoffId, HandoffState, Lookup
from tests.contract.building import (
    BILLING,
    CALL,
    FIRST,
    FRONT_DESK,
    HANDOFF,
    HOLDER,
    OPERATOR,
    SECOND,
    START,
    TARGET,
    TECHNICAL,
    UNREACHED,
    a_call,
    an_attempt,
    brought_to,
    requested,
)

Told = tuple[str, str, str | None, str, str]


def told(event: Event) -> Told:
    return (event.kind, event.subject, event.moved_from, event.moved_to, event.actor)


async def test_a_whole_handoff_is_told_move_by_move(store: Store) -> None:
    await brought_to(store, HandoffState.COMPLETED)
    await store.end_call(CALL, CallEnd.GOODBYE, job=TARGET, at=START)
    assert [told(event) for event in await store.events(call_id=CALL)] == [
        ("call", CALL, None, FRONT_DESK, HOLDER),
        ("handoff", HANDOFF, None, "requested", "model"),
        ("handoff", HANDOFF, "requested", "dispatching", HOLDER),
        ("attempt", FIRST, None, "dispatching", HOLDER),
        ("handoff", HANDOFF, "dispatching", "briefing", TARGET),
        ("attempt", FIRST, "dispatching", "briefing", TARGET),
        ("handoff", HANDOFF, "briefing", "accepted", TARGET),
        ("attempt", FIRST, "briefing", "accepted", TARGET),
        ("handoff", HANDOFF, "accepted", "completed", TARGET),
        ("attempt", FIRST, "accepted", "completed", TARGET),
        ("call", CALL, FRONT_DESK, BILLING, TARGET),
        ("call", CALL, BILLING, "goodbye", TARGET),
    ]


async def test_what_an_agent_looked_up_is_told_by_its_sources(store: Store) -> None:
    await store.open_call(a_call())
    source = "refunds.md › Refunds"
    await store.note_lookup(CALL, source, Lookup.FOUND, by=HOLDER, at=START + 1)
    event = (await store.events(call_id=CALL))[-1]
    assert (told(event), event.at) == (("knowledge", source, None, "found", HOLDER), START + 1)
    assert await store.lookups_by_outcome() == {Lookup.FOUND: 1}


async def test_the_next_attempt_and_a_cancellation_are_told(store: Store) -> None:
    await brought_to(store, HandoffState.DISPATCHING)
    seen = (await store.events())[-1].id
    await store.begin_attempt(an_attempt(SECOND), previous=UNREACHED, actor=HOLDER)
    await store.end_handoff(
        HANDOFF, Outcome(HandoffState.CANCELLED, "so"), attempt_id=None, actor=OPERATOR, at=START + 3
    )
    events = await store.events(after=seen)
    assert [told(event) for event in events] == [
        ("handoff", HANDOFF, "dispatching", "dispatching", HOLDER),
        ("attempt", FIRST, "dispatching", "unanswered", HOLDER),
        ("attempt", SECOND, None, "dispatching", HOLDER),
        ("handoff", HANDOFF, "dispatching", "cancelled", OPERATOR),
        ("attempt", SECOND, "dispatching", "cancelled", OPERATOR),
    ]
    assert events[-1].at == START + 3


async def test_the_events_of_a_handoff_are_its_own_its_attempts_and_what_operators_asked(
    store: Store,
) -> None:
    await brought_to(store, HandoffState.DISPATCHING)
    await store.redirect_handoff(HANDOFF, TECHNICAL, by=OPERATOR, at=START + 1)
    await store.append_turn(CALL, FRONT_DESK, "Please hold.", started_at=START, ended_at=START)
    await store.end_call(CALL, CallEnd.CALLER_LEFT, job=HOLDER, at=START + 2)
    assert [told(event) for event in await store.handoff_events(HANDOFF)] == [
        ("handoff", HANDOFF, None, "requested", "model"),
        ("handoff", HANDOFF, "requested", "dispatching", HOLDER),
        ("attempt", FIRST, None, "dispatching", HOLDER),
        ("request", HANDOFF, BILLING, TECHNICAL, OPERATOR),
        ("handoff", HANDOFF, "dispatching", "abandoned", HOLDER),
        ("attempt", FIRST, "dispatching", "abandoned", HOLDER),
    ]
    assert not await store.handoff_events(HandoffId("handoff-9"))


async def test_the_end_of_a_call_tells_of_the_handoff_it_abandons(store: Store) -> None:
    await requested(store)
    await store.end_call(CALL, CallEnd.CALLER_LEFT, job=HOLDER, at=START)
    assert [told(event) for event in await store.events()][-2:] == [
        ("call", CALL, FRONT_DESK, "caller_left", HOLDER),
        ("handoff", HANDOFF, "requested", "abandoned", HOLDER),
    ]


async def test_events_are_read_on_from_where_one_stopped_and_by_call(store: Store) -> None:
    for number in range(3):
        await store.open_call(a_call(call_id=f"call-{number}", room=f"room-{number}"))
    events = await store.events()
    assert [event.call_id for event in events] == ["call-0", "call-1", "call-2"]
    assert await store.events(after=events[0].id) == events[1:]
    assert await store.events(call_id=events[1].call_id) == events[1:2]
    assert not await store.events(after=events[-1].id)
