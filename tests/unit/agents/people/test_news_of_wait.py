"""What a caller who waits for a person hears, and when: in virtual time, over a real store's rows."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from agents.people.news_of_wait import news_of_wait
from agents.roster.desk import Desk, QueueRules
from agents.roster.roster import load_roster
from persistence.people import EntryId, EntryState, OfferId, Person, PresenceState, QueueEntry
from persistence.records import Call, CallId, JobId, RoleName, WorkerId
from tests.support.fakes import LoopClock
from tests.support.memory_store import MemoryDatabase, MemoryStore

pytestmark = pytest.mark.looptime

ANNA, CARE = Person("Anna"), RoleName("care")
LINES = load_roster(
    Path("roster"), voices=["autumn", "diana", "hannah", "austin", "daniel", "troy"]
).house.lines
EVERY_S = 30.0
SECOND = "You are number 2 in line."


class Floor:
    """Anna, and callers who wait for her."""

    def __init__(self, *, queues: bool = True) -> None:
        self.clock = LoopClock()
        self.store = MemoryStore(database=MemoryDatabase(self.clock.now_ms))
        self._desk = Desk(
            people=(ANNA,),
            skills=(),
            rings_s=20.0,
            hours=None,
            otherwise="queue" if queues else None,
            queue=QueueRules.model_validate({}),
            needs_wrap_up=False,
            codes=(),
        )

    async def anna_is(self, state: PresenceState) -> None:
        await self.store.set_presence(ANNA, state, lease_s=6000, by=ANNA, at=self.clock.now_ms())

    async def calls(self, name: str) -> EntryId:
        now = self.clock.now_ms()
        call = Call(CallId(name), f"room {name}", "caller", CARE, JobId(name), WorkerId("w"), now)
        await self.store.open_call(call)
        entry = QueueEntry(EntryId(name), call.id, CARE, now, now, (ANNA,), 20_000, moved_at=now)
        entered = await self.store.enter_queue(entry)
        assert entered is not None
        return entered.id

    async def leave(self, *who: tuple[float, EntryId]) -> None:
        """Have each entry leave the queue so many seconds from now."""
        begun = asyncio.get_running_loop().time()
        for at_s, entry in who:
            await asyncio.sleep(begun + at_s - asyncio.get_running_loop().time())
            await self.store.leave_queue(entry, EntryState.ABANDONED, by="rule", at=self.clock.now_ms())

    async def listens(self, name: str, seconds: float) -> list[tuple[float, tuple[str, ...]]]:
        """Return what the caller is told within so many seconds, and when."""
        begun = asyncio.get_running_loop().time()
        told: list[tuple[float, tuple[str, ...]]] = []
        news = news_of_wait(
            self.store, self.clock, LINES, call=CallId(name), desk=self._desk, every_s=EVERY_S
        )
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                async for line in news:
                    told += [(asyncio.get_running_loop().time() - begun, line)]
        return told


async def test_the_place_and_the_wait_are_told_and_again_after_a_while() -> None:
    floor = Floor()
    await floor.anna_is(PresenceState.AVAILABLE)
    await floor.calls("first")
    await floor.calls("second")
    told = await floor.listens("second", 45)
    assert told == [
        (2.0, (SECOND, "It should take about 4 minutes.")),
        (32.0, (SECOND, "It should take about 4 minutes.")),
    ]
    entry = await floor.store.entry(EntryId("second"))
    assert entry is not None
    assert entry.told_wait_ms == 240_000


async def test_a_place_that_changes_is_told_at_once_but_not_at_every_step() -> None:
    floor = Floor()
    await floor.anna_is(PresenceState.AVAILABLE)
    first, second = await floor.calls("1"), await floor.calls("2")
    await floor.calls("3")
    await floor.calls("4")
    leaving = asyncio.create_task(floor.leave((3.0, first), (5.0, second)))
    told = await floor.listens("4", 20)
    assert [(at, place) for at, (place, _) in told] == [(2.0, "You are number 4 in line."), (12.0, SECOND)]
    await leaving


async def test_with_nobody_there_a_caller_hears_that_they_are_not_forgotten_and_no_wait() -> None:
    floor = Floor()
    await floor.anna_is(PresenceState.AWAY)
    await floor.calls("first")
    assert await floor.listens("first", 65) == [
        (30.0, (LINES.still_on_hold,)),
        (60.0, (LINES.still_on_hold,)),
    ]


async def test_while_it_rings_at_a_desk_no_place_is_told() -> None:
    floor = Floor()
    await floor.anna_is(PresenceState.AVAILABLE)
    entry = await floor.calls("first")
    await floor.store.make_offer(OfferId("offer"), entry, ANNA, at=floor.clock.now_ms())
    assert await floor.listens("first", 31) == [(30.0, (LINES.still_on_hold,))]


async def test_a_desk_without_a_queue_tells_no_place() -> None:
    floor = Floor(queues=False)
    await floor.anna_is(PresenceState.AVAILABLE)
    await floor.calls("before")
    await floor.calls("first")
    assert await floor.listens("first", 31) == [(30.0, (LINES.still_on_hold,))]
