"""A role's people are called in turn or at once; each dial is a row, and lines not needed are hung up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import pytest

from agents.people.ringing import CLOSED, NobodyTook
from agents.phone.calling import Asker, Calling
from agents.phone.leg import Leg, Means
from agents.phone.own_line import OwnLine
from agents.phone.telephone import NotAnswered
from agents.roster.desk import Desk, Hours, QueueRules
from agents.roster.phone import CallPlan, Line, PhoneRules
from errors import LineFailed
from persistence.people import EntryState, Person
from persistence.phones import REASONS, DialId, DialState
from persistence.records import AttemptId, Call, CallId, JobId, RoleName, WorkerId
from tests.support.fakes import LoopClock
from tests.support.memory_store import MemoryDatabase, MemoryStore

pytestmark = pytest.mark.looptime

ROLE, CALL = RoleName("on-call"), CallId("call-1")
ANNA = Line(Person("Anna"), "+4930123456", "", None)
BEN = Line(Person("Ben"), "+4930654321", "", None)
ASKER = Asker(CALL, ROLE, AttemptId("attempt-1"))
NEVER = Hours.model_validate({"zone": "UTC", "open": ["mon 00:00-00:01"]})

Happens = Callable[[], Awaitable[None]]


async def answered() -> None:
    await asyncio.sleep(2)


async def nobody() -> None:
    await asyncio.sleep(20)
    raise NotAnswered(DialState.NO_ANSWER)


def refused(outcome: DialState) -> Happens:
    async def refuse() -> None:
        await asyncio.sleep(1)
        raise NotAnswered(outcome)

    return refuse


class FakeLine:
    """`OwnLine`, without a room."""

    def __init__(self, dial: DialId, hang_up: Happens) -> None:
        self.room_name = self.person = dial
        self._hang_up = hang_up
        self.joins = True
        self.on_ringing: Callable[[], None] | None = None

    async def join(self) -> None:
        if not self.joins:
            raise LineFailed("no room")

    async def leave(self, why: str = "") -> None:
        await self._hang_up()


@dataclass
class Network:
    """What happens when each number is called, and who is on the line."""

    store: MemoryStore
    does: dict[str, Happens]
    accepts: dict[Person, DialState] = field(default_factory=dict)
    on_the_line: list[str] = field(default_factory=list)
    at_most: int = 0
    rung: list[str] = field(default_factory=list)
    unrecorded: list[str] = field(default_factory=list)
    hangs_up: bool = True

    async def ring(self, line: Line, plan: CallPlan, *, room: str, identity: str) -> None:
        if not any(dial.id == identity for dial in await self.store.dials(CALL)):
            self.unrecorded.append(line.number)
        self.rung.append(line.number)
        self.on_the_line.append(identity)
        self.at_most = max(self.at_most, len(self.on_the_line))
        try:
            await self.does[line.number]()
        except NotAnswered:
            self.on_the_line.remove(identity)
            raise

    async def hang_up(self, room: str, identity: str, *, ringing: asyncio.Task[None] | None) -> bool:
        if self.hangs_up and identity in self.on_the_line:
            self.on_the_line.remove(identity)
        return self.hangs_up


class World:
    """One caller, and the numbers that are called for them."""

    def __init__(self, does: dict[str, Happens], *lines: Line, order: str = "in_turn", **rules: Any) -> None:
        self.clock = LoopClock()
        self.store = MemoryStore(database=MemoryDatabase(self.clock.now_ms))
        self.network = Network(self.store, does)
        written = {"trunk": "main", "order": order, **rules}
        plan = CallPlan(PhoneRules.model_validate(written), lines or (ANNA, BEN), rings_s=20)
        means = Means(
            store=self.store,
            clock=self.clock,
            telephone=self.network,
            plan=plan,
            open_line=lambda dial, hang_up: cast(OwnLine, FakeLine(dial, hang_up)),
            ask=self._ask,
        )
        self.desk = Desk((), (), 20, None, None, QueueRules.model_validate({}), False, ())
        self.calling = Calling(self.store, self.clock, plan, self.desk, ASKER, new_leg=partial(Leg, means))

    async def opens(self) -> World:
        now = self.clock.now_ms()
        await self.store.open_call(
            Call(CALL, "room", "caller", RoleName("front-desk"), JobId("job"), WorkerId("w"), now)
        )
        return self

    async def _ask(self, line: OwnLine) -> DialState:
        await asyncio.sleep(3)
        dial = next(each for each in await self.store.dials(CALL) if each.id == line.person)
        return self.network.accepts.get(dial.person, DialState.ACCEPTED)

    async def outcomes(self) -> dict[Person, DialState]:
        return {dial.person: dial.state for dial in await self.store.dials(CALL)}

    async def lines_taken(self) -> int:
        return sum(dial.gone_at is None for dial in await self.store.dials(CALL))

    async def entry_state(self) -> EntryState:
        entry = await self.store.entry_of(CALL)
        assert entry is not None
        return entry.state


async def test_the_next_number_is_called_when_one_is_busy_and_each_is_a_row_first() -> None:
    world = await World({ANNA.number: refused(DialState.BUSY), BEN.number: answered}).opens()
    _, offer = await world.calling.until_accepted()
    assert offer.person == "Ben"
    assert await world.outcomes() == {"Anna": DialState.BUSY, "Ben": DialState.ACCEPTED}
    assert world.network.rung == [ANNA.number, BEN.number]
    assert world.network.unrecorded == []
    assert world.network.at_most == 1
    assert await world.entry_state() is EntryState.TAKEN


@pytest.mark.parametrize(
    "outcome",
    [DialState.BUSY, DialState.DECLINED, DialState.NO_ANSWER, DialState.UNREACHABLE, DialState.WRONG_NUMBER],
)
async def test_when_nobody_answers_the_reason_says_why(outcome: DialState) -> None:
    world = await World({ANNA.number: refused(outcome)}, ANNA).opens()
    with pytest.raises(NobodyTook, match=REASONS[outcome]):
        await world.calling.until_accepted()
    assert await world.outcomes() == {"Anna": outcome}
    assert await world.lines_taken() == 0


@pytest.mark.parametrize(
    "outcome", [DialState.MACHINE, DialState.SCREENED, DialState.SILENT, DialState.HUNG_UP]
)
async def test_who_answers_and_does_not_accept_is_hung_up_and_the_next_is_called(outcome: DialState) -> None:
    world = await World({ANNA.number: answered, BEN.number: answered}).opens()
    world.network.accepts[Person("Anna")] = outcome
    _, offer = await world.calling.until_accepted()
    assert offer.person == "Ben"
    assert await world.outcomes() == {"Anna": outcome, "Ben": DialState.ACCEPTED}
    assert len(world.network.on_the_line) == 1


async def test_a_trunk_that_refuses_is_not_asked_for_the_next_number() -> None:
    world = await World({ANNA.number: refused(DialState.TRUNK_REFUSED), BEN.number: answered}).opens()
    with pytest.raises(NobodyTook, match=REASONS[DialState.TRUNK_REFUSED]):
        await world.calling.until_accepted()
    assert world.network.rung == [ANNA.number]


async def test_at_once_the_first_who_accepts_has_the_caller_and_the_others_are_hung_up() -> None:
    async def later() -> None:
        await asyncio.sleep(10)

    world = await World({ANNA.number: later, BEN.number: answered}, order="at_once").opens()
    _, offer = await world.calling.until_accepted()
    assert offer.person == "Ben"
    assert world.network.at_most == 2
    assert world.network.on_the_line == [offer.id]
    assert await world.outcomes() == {"Anna": DialState.CANCELLED, "Ben": DialState.ACCEPTED}


async def test_at_once_a_number_that_two_people_share_is_called_once() -> None:
    shared = Line(Person("Ben"), ANNA.number, "", None)
    world = await World({ANNA.number: nobody}, ANNA, shared, order="at_once").opens()
    with pytest.raises(NobodyTook):
        await world.calling.until_accepted()
    assert world.network.rung == [ANNA.number]


async def test_a_handoff_that_is_cancelled_hangs_up_at_once() -> None:
    world = await World({ANNA.number: nobody, BEN.number: nobody}, order="at_once").opens()
    calling = asyncio.create_task(world.calling.until_accepted())
    await asyncio.sleep(5)
    at = world.clock.now_ms()
    calling.cancel()
    await asyncio.gather(calling, return_exceptions=True)
    await world.calling.stop("cancelled")
    assert world.network.on_the_line == []
    assert set((await world.outcomes()).values()) == {DialState.CANCELLED}
    assert await world.lines_taken() == 0
    assert world.clock.now_ms() == at
    assert await world.entry_state() is EntryState.ABANDONED


async def test_a_line_that_could_not_be_hung_up_stays_taken() -> None:
    world = await World({ANNA.number: nobody}, ANNA).opens()
    world.network.hangs_up = False
    with pytest.raises(NobodyTook):
        await world.calling.until_accepted()
    assert await world.lines_taken() == 1, "its number is not dialled again before somebody has hung up"


async def test_a_caller_who_leaves_in_the_last_moment_is_given_to_nobody() -> None:
    world = await World({ANNA.number: answered}, ANNA).opens()
    calling = asyncio.create_task(world.calling.until_accepted())
    await asyncio.sleep(4)
    await world.calling.stop("the caller left")
    with pytest.raises(NobodyTook):
        await calling
    assert await world.outcomes() == {"Anna": DialState.CANCELLED}
    assert world.network.on_the_line == []


async def test_an_accepted_person_who_does_not_get_the_caller_is_given_up() -> None:
    world = await World({ANNA.number: answered}, ANNA).opens()
    leg, _ = await world.calling.until_accepted()
    await world.calling.stop("not connected")
    await leg.own_line.leave()
    assert world.network.on_the_line == []
    assert await world.outcomes() == {"Anna": DialState.TALKED}
    assert await world.entry_state() is EntryState.ABANDONED


async def test_nobody_is_called_outside_their_hours() -> None:
    world = await World({}, Line(Person("Anna"), ANNA.number, "", NEVER)).opens()
    with pytest.raises(NobodyTook, match=CLOSED):
        await world.calling.until_accepted()
    assert world.network.rung == []


async def test_a_number_that_was_called_enough_for_a_day_is_left_alone() -> None:
    world = await World({ANNA.number: refused(DialState.BUSY)}, ANNA, ANNA, calls_a_day=1).opens()
    with pytest.raises(NobodyTook):
        await world.calling.until_accepted()
    assert world.network.rung == [ANNA.number]


@pytest.fixture(autouse=True)
async def _no_task_is_left() -> AsyncIterator[None]:
    yield
    assert [task for task in asyncio.all_tasks() if task.get_name() == "a telephone rings"] == []
