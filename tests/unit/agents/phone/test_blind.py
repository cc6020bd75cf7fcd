"""A caller is sent to a number without a talk first: the row, the provider's answer, who has the caller."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import pytest

from agents.people.ringing import NobodyTook
from agents.phone.blind import BlindLeg, Sending
from agents.phone.calling import Calling
from agents.phone.leaving import has_left
from agents.phone.outcome import HAS_LEFT, Referred, referred_of
from agents.roster.desk import Desk, QueueRules
from agents.roster.phone import CallPlan, PhoneRules
from persistence.people import EntryState
from persistence.phones import REASONS, DialState, Refer
from persistence.records import AttemptId, Call, JobId, RoleName, WorkerId
from tests.support.fakes import LoopClock
from tests.support.memory_store import MemoryDatabase, MemoryStore
from tests.unit.agents.phone.test_calling import ANNA, ASKER, BEN, CALL

pytestmark = pytest.mark.looptime

RINGS_S = 5.0
LONG_AGO_S = 121
DESK = Desk((), (), 20, None, None, QueueRules.model_validate({}), False, ())
RULES = PhoneRules.model_validate(
    {
        "trunk": "main",
        "refer_to": "tel:{number}",
        "refer": "blind",
        "refer_headers": {"Diversion": "<sip:{called}@example.com>"},
    }
)
FAILS = [referred_of(486, ""), referred_of(603, ""), referred_of(404, ""), referred_of(None, "canceled")]


class World:
    """One caller, and the provider's answers for the numbers that they are sent to, in turn."""

    def __init__(self, *answers: Referred) -> None:
        self.clock = LoopClock()
        self.store = MemoryStore(database=MemoryDatabase(self.clock.now_ms))
        self.answers = iter(answers)
        self.rings_s = RINGS_S
        self.asked: list[tuple[str, list[Refer | None]]] = []
        self.calling = self.another()

    def another(self, attempt: str = "attempt-1") -> Calling[BlindLeg]:
        plan = CallPlan(RULES, (ANNA, BEN), rings_s=20)
        sending = Sending(
            store=self.store,
            clock=self.clock,
            telephone=self,
            plan=plan,
            room="room",
            caller="sip_1",
            called="+15559999",
        )
        asker = replace(ASKER, attempt=AttemptId(attempt))
        return Calling(self.store, self.clock, plan, DESK, asker, new_leg=partial(BlindLeg, sending))

    async def opens(self) -> World:
        call = Call(
            CALL, "room", "sip_1", RoleName("front-desk"), JobId("job"), WorkerId("w"), self.clock.now_ms()
        )
        await self.store.open_call(call)
        return self

    async def refer(
        self, room: str, identity: str, to: str, *, rings_s: float, headers: Mapping[str, str]
    ) -> Referred:
        assert (room, identity, headers) == ("room", "sip_1", {"Diversion": "<sip:+15559999@example.com>"})
        self.asked.append((to, await self.refers()))
        await asyncio.sleep(self.rings_s)
        return next(self.answers)

    async def refers(self) -> list[Refer | None]:
        return [dial.refer for dial in await self.store.dials(CALL)]

    async def states(self) -> list[DialState]:
        return [dial.state for dial in await self.store.dials(CALL)]


async def test_the_row_says_asked_before_the_provider_is_and_who_answers_has_the_caller() -> None:
    world = await World(HAS_LEFT).opens()
    _, offer = await world.calling.until_accepted()
    assert world.asked == [(f"tel:{ANNA.number}", [Refer.ASKED])]
    assert await world.refers() == [Refer.LEFT]
    assert (offer.person, await world.states()) == ("Anna", [DialState.ACCEPTED])
    entry = await world.store.entry_of(CALL)
    assert entry is not None
    assert entry.state is EntryState.TAKEN
    assert await has_left(world.store, CALL, 2)


@pytest.mark.parametrize("first", FAILS)
async def test_a_caller_who_stays_is_sent_to_the_next_number(first: Referred) -> None:
    world = await World(first, HAS_LEFT).opens()
    _, offer = await world.calling.until_accepted()
    assert [to for to, _ in world.asked] == [f"tel:{ANNA.number}", f"tel:{BEN.number}"]
    assert (offer.person, await world.states()) == ("Ben", [first.outcome, DialState.ACCEPTED])
    assert await world.refers() == [first.refer, Refer.LEFT]


@pytest.mark.parametrize("each", FAILS)
async def test_a_caller_whom_nobody_takes_stays_and_the_reason_says_why(each: Referred) -> None:
    world = await World(each, each).opens()
    with pytest.raises(NobodyTook, match=REASONS[each.outcome]):
        await world.calling.until_accepted()
    assert not await has_left(world.store, CALL, 2)
    assert all(dial.gone_at is not None for dial in await world.store.dials(CALL))


@pytest.mark.parametrize("answer", [HAS_LEFT, FAILS[0]])
async def test_a_caller_who_is_seen_gone_before_the_answer_has_left_if_the_answer_says_so(
    answer: Referred,
) -> None:
    """The handoff is given up, but its process waits for the provider's answer."""
    world = await World(answer).opens()
    calling = asyncio.create_task(world.calling.until_accepted())
    await asyncio.sleep(RINGS_S - 1)
    calling.cancel()
    seen = asyncio.create_task(has_left(world.store, CALL, 2))
    assert await seen is (answer is HAS_LEFT)
    with pytest.raises(asyncio.CancelledError):
        await calling
    assert await world.refers() == [answer.refer]


async def test_a_handoff_that_is_given_up_does_not_wait_for_a_telephone_that_rings_on() -> None:
    world = await World(HAS_LEFT).opens()
    calling = asyncio.create_task(world.calling.until_accepted())
    await asyncio.sleep(1)
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    await world.calling.stop("cancelled")
    assert await world.refers() == [Refer.ASKED]
    assert not await has_left(world.store, CALL, 2), "nobody knows"


async def test_after_a_killed_process_the_same_number_is_not_asked_for_while_it_may_ring() -> None:
    world = await World(*FAILS, FAILS[0]).opens()
    world.rings_s = 1000
    killed = asyncio.create_task(world.calling.until_accepted())
    await asyncio.sleep(1)
    world.rings_s = RINGS_S
    with pytest.raises(NobodyTook, match=REASONS[DialState.BUSY]):
        await world.another("attempt-2").until_accepted()
    assert [to for to, _ in world.asked] == [f"tel:{ANNA.number}", f"tel:{BEN.number}"]
    for dial in await world.store.dials(CALL):
        await world.store.dial_gone(dial.id, at=world.clock.now_ms())  # as any worker does
    with pytest.raises(NobodyTook, match=REASONS[DialState.DECLINED]):
        await world.another("attempt-3").until_accepted()
    assert [to for to, _ in world.asked][2:] == [f"tel:{BEN.number}"]
    await asyncio.sleep(LONG_AGO_S)
    with pytest.raises(NobodyTook):
        await world.another("attempt-4").until_accepted()
    assert f"tel:{ANNA.number}" in [to for to, _ in world.asked][3:]
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
