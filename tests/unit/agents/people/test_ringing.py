"""A call rings until a person has it, or nobody will: in virtual time, over the rows of a real store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from agents.people.ringing import (
    CLOSED,
    NOBODY_IN_TIME,
    NOBODY_THERE,
    TOO_MANY,
    NobodyTook,
    Ringing,
    leave_queue,
)
from agents.roster.desk import Desk, Hours, QueueRules
from people.queue_step import step
from persistence.people import MISSED_OFFER, EntryState, Offer, OfferOutcome, Person, PresenceState
from persistence.records import Call, CallId, JobId, RoleName, WorkerId
from tests.support.fakes import LoopClock
from tests.support.memory_store import MemoryDatabase, MemoryStore

pytestmark = pytest.mark.looptime

ANNA, BEN = Person("Anna"), Person("Ben")
ROLE, CALL = RoleName("care"), CallId("call-1")
RINGS_S = 20.0
QUEUE = QueueRules.model_validate({"longest_wait_s": 300, "longest": 1})
LEASE_S = 600.0


class Floor:
    """One caller, and the people who are available in the store."""

    def __init__(self, hours: Hours | None = None, queue: QueueRules | None = None) -> None:
        self.clock = LoopClock()
        self.store = MemoryStore(database=MemoryDatabase(self.clock.now_ms))
        self.desk = Desk(
            people=(ANNA, BEN),
            skills=(),
            rings_s=RINGS_S,
            hours=hours,
            otherwise="queue" if queue else None,
            queue=queue or QueueRules.model_validate({}),
            needs_wrap_up=False,
            codes=(),
        )
        self.ringing = Ringing(self.store, self.clock, self.desk, call=CALL, role=ROLE, attempt="attempt-1")

    async def opens(self, *people: Person) -> None:
        now = self.clock.now_ms()
        call = Call(CALL, "room", "caller", RoleName("front-desk"), JobId("job"), WorkerId("w"), now)
        await self.store.open_call(call)
        for person in people:
            await self.store.set_presence(person, PresenceState.AVAILABLE, lease_s=LEASE_S, by=person, at=now)

    async def serve(self) -> None:
        """Serve the queue, as the operators' service does."""
        while True:
            await step(self.store, self.clock)
            await asyncio.sleep(0.25)


@asynccontextmanager
async def open_floor(*people: Person, queue: QueueRules | None = None) -> AsyncIterator[Floor]:
    """Yield a floor with these people available and a task that serves the queue."""
    floor = Floor(queue=queue)
    await floor.opens(*people)
    serving = asyncio.create_task(floor.serve())
    try:
        yield floor
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def test_the_person_who_accepts_has_the_call_and_it_rings_nowhere_else() -> None:
    async with open_floor(ANNA, BEN) as floor:
        taking = asyncio.create_task(floor.ringing.until_taken())
        await asyncio.sleep(2)
        (anna, ben) = sorted(await floor.store.offers(ringing=True), key=lambda offer: offer.person)
        await floor.store.accept_offer(anna.id, ANNA, connect_within_s=60, at=floor.clock.now_ms())
        assert (await taking).id == anna.id
        withdrawn = await floor.store.offer(ben.id)
        assert withdrawn is not None
        assert withdrawn.outcome is OfferOutcome.WITHDRAWN


def by_name(floor: Floor, person: Person) -> Ringing:
    return Ringing(
        floor.store, floor.clock, floor.desk, call=CALL, role=ROLE, attempt="attempt-1", person=person
    )


async def test_a_caller_for_one_person_rings_at_their_desk_alone_and_is_back_if_they_do_not_take_it() -> None:
    async with open_floor(ANNA, BEN) as floor:
        taking = asyncio.create_task(by_name(floor, BEN).until_taken())
        await asyncio.sleep(2)
        (offer,) = await floor.store.offers(ringing=True)
        assert offer.person == BEN
        await floor.store.decline_offer(offer.id, BEN, reason="in a meeting", at=floor.clock.now_ms())
        with pytest.raises(NobodyTook, match="in a meeting"):
            await taking
        assert len(await floor.store.offers()) == 1, "it never rang at Anna's desk"


async def test_a_colleague_who_does_not_take_it_leaves_the_caller_with_who_has_them() -> None:
    async with open_floor(ANNA, BEN, queue=QUEUE) as floor:
        floor.ringing = Ringing(
            floor.store,
            floor.clock,
            floor.desk,
            call=CALL,
            role=ROLE,
            attempt="attempt-1",
            person=BEN,
            colleague=True,
        )
        with pytest.raises(NobodyTook, match=NOBODY_IN_TIME):
            await floor.ringing.until_taken()
        assert {offer.person for offer in await floor.store.offers()} == {BEN}


async def test_a_caller_for_one_person_who_does_not_take_it_waits_in_the_queue_in_their_place() -> None:
    async with open_floor(ANNA, BEN, queue=QUEUE) as floor:
        begun = asyncio.get_running_loop().time()
        taking = asyncio.create_task(by_name(floor, BEN).until_taken())
        await asyncio.sleep(2)
        (offer,) = await floor.store.offers(ringing=True)
        assert offer.person == BEN
        (entry,) = await floor.store.queue()
        await asyncio.sleep(RINGS_S + 3)
        (anna,) = await floor.store.offers(ringing=True)
        assert (anna.person, anna.entry_id) == (ANNA, entry.id)
        await floor.store.accept_offer(anna.id, ANNA, connect_within_s=60, at=floor.clock.now_ms())
        assert (await taking).id == anna.id
        assert asyncio.get_running_loop().time() - begun < 2 * RINGS_S


async def test_whoever_is_asked_for_and_not_there_is_not_waited_for() -> None:
    async with open_floor(ANNA, queue=QUEUE) as floor:
        taking = asyncio.create_task(by_name(floor, BEN).until_taken())
        await asyncio.sleep(2)
        (offer,) = await floor.store.offers(ringing=True)
        assert offer.person == ANNA
        taking.cancel()
    async with open_floor(ANNA) as floor:
        with pytest.raises(NobodyTook, match=NOBODY_THERE):
            await by_name(floor, BEN).until_taken()


async def test_nobody_there_and_a_closed_desk_are_said_at_once() -> None:
    async with open_floor() as floor:
        with pytest.raises(NobodyTook, match=NOBODY_THERE):
            await floor.ringing.until_taken()
        never_now = Floor(Hours.model_validate({"zone": "UTC", "open": ["mon 00:00-00:01"]}))
        with pytest.raises(NobodyTook, match=CLOSED):
            await never_now.ringing.until_taken()
        assert not await floor.store.offers()


async def test_it_rings_no_longer_than_the_role_says_and_who_missed_it_is_away() -> None:
    async with open_floor(ANNA) as floor:
        begun = asyncio.get_running_loop().time()
        with pytest.raises(NobodyTook, match=NOBODY_IN_TIME):
            await floor.ringing.until_taken()
        assert asyncio.get_running_loop().time() - begun <= RINGS_S + 2
        (presence,) = await floor.store.presences()
        assert (presence.state, presence.reason) == (PresenceState.AWAY, MISSED_OFFER)
        await floor.ringing.stop("not connected")
        assert not await floor.store.queue()
        assert not await floor.store.offers(ringing=True)


async def test_when_all_have_declined_the_caller_does_not_wait_on_and_the_reason_is_told() -> None:
    async with open_floor(ANNA) as floor:
        taking = asyncio.create_task(floor.ringing.until_taken())
        await asyncio.sleep(2)
        (offer,) = await floor.store.offers(ringing=True)
        await floor.store.decline_offer(offer.id, ANNA, reason="in a meeting", at=floor.clock.now_ms())
        with pytest.raises(NobodyTook, match="in a meeting"):
            await taking


async def test_a_caller_who_is_not_put_through_leaves_the_queue_and_the_person_is_free() -> None:
    async with open_floor(ANNA) as floor:
        taking = asyncio.create_task(floor.ringing.until_taken())
        await asyncio.sleep(2)
        (offer,) = await floor.store.offers(ringing=True)
        await floor.store.accept_offer(offer.id, ANNA, connect_within_s=60, at=floor.clock.now_ms())
        await taking
        await floor.ringing.stop("not now")
        entry = await floor.store.entry_of(CALL)
        assert entry is not None
        assert entry.state is EntryState.ABANDONED
        (presence,) = await floor.store.presences()
        assert presence.state is PresenceState.AVAILABLE


async def test_in_a_queue_a_caller_waits_for_a_busy_person_longer_than_it_rings() -> None:
    async with open_floor(ANNA, queue=QUEUE) as floor:
        await floor.store.set_presence(
            ANNA, PresenceState.BUSY, lease_s=LEASE_S, by=ANNA, at=floor.clock.now_ms()
        )
        taking = asyncio.create_task(floor.ringing.until_taken())
        await asyncio.sleep(10 * RINGS_S)
        assert not taking.done()
        await floor.store.set_presence(
            ANNA, PresenceState.AVAILABLE, lease_s=LEASE_S, by=ANNA, at=floor.clock.now_ms()
        )
        await asyncio.sleep(2)
        (offer,) = await floor.store.offers(ringing=True)
        await floor.store.accept_offer(offer.id, ANNA, connect_within_s=60, at=floor.clock.now_ms())
        assert (await taking).id == offer.id


async def test_in_a_queue_a_caller_who_was_declined_rings_again_until_the_longest_wait_is_over() -> None:
    async with open_floor(ANNA, queue=QUEUE) as floor:
        begun = asyncio.get_running_loop().time()
        taking = asyncio.create_task(floor.ringing.until_taken())
        await asyncio.sleep(2)
        (offer,) = await floor.store.offers(ringing=True)
        await floor.store.decline_offer(offer.id, ANNA, reason="in a meeting", at=floor.clock.now_ms())
        await asyncio.sleep(65)
        (again,) = await floor.store.offers(ringing=True)
        assert again.id != offer.id
        with pytest.raises(NobodyTook, match=NOBODY_IN_TIME):
            await taking
        assert QUEUE.longest_wait_s <= asyncio.get_running_loop().time() - begun <= QUEUE.longest_wait_s + 2
        entry = await floor.store.entry_of(CALL)
        assert entry is not None
        assert entry.state is EntryState.OVERFLOWED
        await floor.ringing.stop("not connected")
        assert not await floor.store.queue()


async def test_a_full_queue_takes_nobody_else_in() -> None:
    async with open_floor(ANNA, queue=QUEUE) as floor:
        first = asyncio.create_task(floor.ringing.until_taken())
        await asyncio.sleep(1)
        other = CallId("call-2")
        now = floor.clock.now_ms()
        await floor.store.open_call(
            Call(other, "room-2", "caller-2", RoleName("front-desk"), JobId("job-2"), WorkerId("w"), now)
        )
        second = Ringing(floor.store, floor.clock, floor.desk, call=other, role=ROLE, attempt="attempt-2")
        with pytest.raises(NobodyTook, match=TOO_MANY):
            await second.until_taken()
        first.cancel()


async def test_nothing_rings_for_a_handoff_that_is_over_when_its_target_was_killed() -> None:
    async with open_floor(ANNA, queue=QUEUE) as floor:
        killed = asyncio.create_task(floor.ringing.until_taken())
        await asyncio.sleep(2)
        killed.cancel()
        await leave_queue(floor.store, floor.clock, CALL, by=RoleName("front-desk"))
        assert not await floor.store.queue()
        assert not await floor.store.offers(ringing=True)


async def test_whoever_had_accepted_is_free_when_the_target_was_killed_before_the_talk() -> None:
    async with open_floor(ANNA) as floor:
        await _accepted(floor)
        await leave_queue(floor.store, floor.clock, CALL, by=RoleName("front-desk"))
        entry = await floor.store.entry_of(CALL)
        assert entry is not None
        assert entry.state is EntryState.ABANDONED
        (presence,) = await floor.store.presences()
        assert presence.state is PresenceState.AVAILABLE


async def test_a_talk_that_goes_on_is_left_alone_by_the_end_of_another_handoff() -> None:
    async with open_floor(ANNA) as floor:
        offer = await _accepted(floor)
        await floor.store.connect_talk(offer.id, at=floor.clock.now_ms())
        await leave_queue(floor.store, floor.clock, CALL, by=ROLE)
        talk = await floor.store.offer(offer.id)
        assert talk is not None
        assert talk.is_talk


async def test_the_next_attempt_rings_again_at_whoever_had_accepted_one_whose_holder_was_killed() -> None:
    async with open_floor(ANNA) as floor:
        first = await _accepted(floor)
        again = Ringing(floor.store, floor.clock, floor.desk, call=CALL, role=ROLE, attempt="attempt-2")
        taking = asyncio.create_task(again.until_taken())
        await asyncio.sleep(2)
        await floor.ringing.stop("not connected")  # the first attempt's process notices later
        (offer,) = await floor.store.offers(ringing=True)
        assert offer.id != first.id
        await floor.store.accept_offer(offer.id, ANNA, connect_within_s=60, at=floor.clock.now_ms())
        assert (await taking).id == offer.id


async def _accepted(floor: Floor) -> Offer:
    """Return an offer that Anna has accepted; she is not connected yet."""
    taking = asyncio.create_task(floor.ringing.until_taken())
    await asyncio.sleep(2)
    (offer,) = await floor.store.offers(ringing=True)
    await floor.store.accept_offer(offer.id, ANNA, connect_within_s=60, at=floor.clock.now_ms())
    return await taking
