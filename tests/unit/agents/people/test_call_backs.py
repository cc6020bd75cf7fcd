"""A promised call back: its place, who is put through, how often it is tried; over a real store's rows."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from agents.jobs.called_back import called_back
from agents.people.entries import entry_for, promise_call_back
from agents.people.ringing import Ringing
from agents.roster.desk import CALL_BACK, Desk, QueueRules
from errors import StaleHandoff
from people.call_back_link import hash_of
from people.queue_step import CALL_BACK_AGAIN_MS, CALL_BACK_TRIES, step
from persistence.people import EntryState, Offer, OfferId, Person, PresenceState, QueueEntry
from persistence.records import CALLER, Call, CallEnd, CallId, JobId, RoleName, WorkerId
from tests.support.fakes import LoopClock
from tests.support.memory_store import MemoryDatabase, MemoryStore

pytestmark = pytest.mark.looptime

ANNA, CARE = Person("Anna"), RoleName("care")
FIRST, SECOND = CallId("first"), CallId("second")
WITHIN_S, CONNECT_S = 14_400.0, 60.0
DESK = Desk(
    people=(ANNA,),
    skills=(),
    rings_s=20.0,
    hours=None,
    otherwise=CALL_BACK,
    queue=QueueRules.model_validate({}),
    needs_wrap_up=False,
    codes=(),
)


class Floor:
    """Anna at her desk, and a caller whom she does not take at first."""

    def __init__(self) -> None:
        self.clock = LoopClock()
        self.store = MemoryStore(database=MemoryDatabase(self.clock.now_ms))

    async def calls(self, call: CallId) -> Call:
        row = Call(
            call, f"room {call}", "caller", RoleName("front-desk"), JobId(f"job {call}"), WorkerId("w"),
            self.clock.now_ms(),
        )  # fmt: skip
        return await self.store.open_call(row)

    async def promise(self) -> str:
        return await promise_call_back(self.store, self.clock, DESK, FIRST, CARE, within_s=WITHIN_S)

    async def hangs_up(self) -> None:
        job = JobId(f"job {FIRST}")
        await self.store.end_call(FIRST, CallEnd.GOODBYE, job=job, at=self.clock.now_ms())

    async def anna_is_there(self) -> None:
        now = self.clock.now_ms()
        await self.store.set_presence(ANNA, PresenceState.AVAILABLE, lease_s=90_000, by=ANNA, at=now)

    async def accepted(self) -> Offer:
        """Have the call back ring at Anna's desk, and her accept it."""
        await step(self.store, self.clock)
        (offer,) = await self.store.offers(ringing=True)
        now = self.clock.now_ms()
        return await self.store.accept_offer(offer.id, ANNA, connect_within_s=CONNECT_S, at=now)

    async def entry(self, token: str) -> QueueEntry:
        found = await self.store.call_back_of(hash_of(token))
        assert found is not None
        return found


async def test_it_has_the_place_of_the_wait_before_and_is_promised_once() -> None:
    floor = Floor()
    await floor.calls(FIRST)
    waited = await floor.store.enter_queue(entry_for(DESK, FIRST, CARE, now=floor.clock.now_ms()))
    assert waited is not None
    await asyncio.sleep(30)
    await floor.store.leave_queue(waited.id, EntryState.OVERFLOWED, by="rule", at=floor.clock.now_ms())
    entry = await floor.entry(await floor.promise())
    assert (entry.started_at, entry.call_back) == (waited.started_at, True)
    assert entry.overflows_at == floor.clock.now_ms() + 1000 * WITHIN_S
    with pytest.raises(StaleHandoff):
        await floor.promise()


async def test_a_caller_who_answers_is_put_through_to_the_person_who_waits_for_them() -> None:
    floor = Floor()
    await floor.calls(FIRST)
    await floor.store.append_turn(FIRST, CALLER, "My router is dead.", started_at=1, ended_at=2)
    await floor.promise()
    await floor.hangs_up()
    await floor.anna_is_there()
    offer = await floor.accepted()
    second = await floor.calls(SECOND)
    back = await called_back(floor.store, floor.clock, offer.id, second)
    assert back is not None
    assert (back.role, [turn.text for turn in back.turns]) == (CARE, ["My router is dead."])
    ringing = Ringing(floor.store, floor.clock, DESK, call=SECOND, role=CARE, attempt="attempt")
    async with asyncio.timeout(1):
        assert (await ringing.until_taken()).id == offer.id
    assert await called_back(floor.store, floor.clock, offer.id, second) is None, "it is answered once"


async def test_with_nobody_at_the_other_end_a_caller_has_a_call_as_any() -> None:
    floor = Floor()
    second = await floor.calls(SECOND)
    assert await called_back(floor.store, floor.clock, OfferId("unknown"), second) is None


async def test_a_caller_who_would_rather_wait_after_all_waits_in_their_place() -> None:
    floor = Floor()
    await floor.calls(FIRST)
    promised = await floor.entry(await floor.promise())
    await asyncio.sleep(5)
    await floor.anna_is_there()
    desk = replace(DESK, otherwise="queue")
    ringing = Ringing(floor.store, floor.clock, desk, call=FIRST, role=CARE, attempt="attempt")
    taking = asyncio.create_task(ringing.until_taken())
    await asyncio.sleep(1)
    (waiting,) = await floor.store.queue()
    assert (waiting.call_back, waiting.started_at) == (False, promised.started_at)
    assert (await floor.store.entry(promised.id)) != promised
    offer = await floor.accepted()
    assert (await taking).id == offer.id


async def test_one_who_does_not_answer_is_called_again_and_the_person_is_free_until_then() -> None:
    floor = Floor()
    await floor.calls(FIRST)
    token = await floor.promise()
    await floor.hangs_up()
    await floor.anna_is_there()
    for tried in range(1, CALL_BACK_TRIES + 1):
        await floor.accepted()
        await asyncio.sleep(CONNECT_S)
        await step(floor.store, floor.clock)
        entry, (anna,) = await floor.entry(token), await floor.store.presences()
        assert (entry.tries, anna.state) == (tried, PresenceState.AVAILABLE)
        assert await floor.store.offers(ringing=True) == []
        await asyncio.sleep(CALL_BACK_AGAIN_MS / 1000)
    assert entry.state is EntryState.UNREACHED


async def test_a_call_back_for_which_nobody_is_there_in_time_ends() -> None:
    floor = Floor()
    await floor.calls(FIRST)
    token = await floor.promise()
    await floor.hangs_up()
    await asyncio.sleep(WITHIN_S)
    await step(floor.store, floor.clock)
    assert (await floor.entry(token)).state is EntryState.OVERFLOWED
