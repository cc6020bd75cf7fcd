"""Callers without an agent are found by their rooms; they are answered, or their room is closed."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from livekit.protocol.models import ParticipantInfo, ParticipantPermission, Room

from errors import LineFailed, NobodyServes
from failover.waiting_callers import WaitingCallers
from persistence.records import CallEnd, CallId
from tests.contract.building import HOLDER, START, WORKER, a_call
from tests.support.fakes import LoopClock
from tests.support.memory_store import MemoryStore
from transfer.livekit.server_api import ServerApi
from transfer.protocol import AnswerCall, TakeHandoff

pytestmark = pytest.mark.looptime

Kind = ParticipantInfo.Kind

ROOM, CALLER = "room-1", "caller-1"
STANDARD, SIP, AGENT = (
    ParticipantInfo.Kind.STANDARD,
    ParticipantInfo.Kind.SIP,
    ParticipantInfo.Kind.AGENT,
)


class Rooms(ServerApi):
    """One room. `metadata`: that of the dispatch of our agent to the room; None if there is none."""

    def __init__(self, *present: ParticipantInfo, metadata: str | None) -> None:
        self.present_now, self.metadata = list(present), metadata
        self.tasks: list[AnswerCall] = []
        self.closed = False
        self.down = self.node_dead = False
        self.asked = 0

    async def rooms(self, *, limit_s: float = 3.0) -> list[Room]:
        if self.down:
            raise LineFailed("the server does not answer")
        return [Room(name=ROOM, num_participants=len(self.present_now))]

    async def participants(self, room: str, *, limit_s: float = 3.0) -> list[ParticipantInfo]:
        return self.present_now

    async def first_dispatch(self, room: str) -> str | None:
        self.asked += 1
        if self.node_dead:
            raise NobodyServes("livekit-server did not list dispatches", "unavailable", 503)
        return self.metadata

    async def dispatch(self, room: str, task: object) -> str:
        assert isinstance(task, AnswerCall)
        self.tasks.append(task)
        return "dispatch-1"

    async def delete_room(self, room: str) -> None:
        self.closed = True


def person(
    identity: str = CALLER, kind: Kind = STANDARD, *, hidden: bool = False, sid: str = "PA_1"
) -> ParticipantInfo:
    permission = ParticipantPermission(hidden=hidden)
    return ParticipantInfo(identity=identity, kind=kind, permission=permission, sid=sid)


class World:
    def __init__(self, *present: ParticipantInfo, metadata: str | None = "") -> None:
        self.clock = LoopClock()
        self.store = MemoryStore()
        self.server = Rooms(*present, metadata=metadata)
        self.waiting = WaitingCallers(self.store, self.server, self.clock, departure_s=18)

    async def passes(self, seconds: int) -> None:
        for _ in range(seconds):
            await self.waiting.poll()
            await asyncio.sleep(1)

    async def ended(self, how: CallEnd, *, caller: str = CALLER) -> None:
        await self.store.open_call(replace(a_call(), caller=caller))
        assert await self.store.end_call(CallId("call-1"), how, job=HOLDER, at=START)


@pytest.mark.parametrize("kind", [STANDARD, SIP])
async def test_a_caller_who_waits_without_an_agent_is_answered_as_the_room_wanted(
    kind: Kind,
) -> None:
    task = AnswerCall(role="billing", caller=CALLER)
    world = World(person(kind=kind), metadata=task.model_dump_json())
    await world.passes(1)
    assert world.server.tasks == [], "the agent that came with the room may be about to join"
    await world.passes(1)
    assert world.server.tasks == [task]
    await world.passes(7)
    assert len(world.server.tasks) == 1
    await world.passes(2)
    assert len(world.server.tasks) == 2, "the first one did not come"


async def test_a_caller_whom_the_dispatch_does_not_name_is_answered_too() -> None:
    named = AnswerCall(role="billing", caller="somebody else")
    world = World(person(), metadata=named.model_dump_json())
    await world.passes(2)
    assert world.server.tasks == [AnswerCall(role="billing")]


@pytest.mark.parametrize(
    "present",
    [
        (),
        (person(), person("agent-job-1", AGENT)),
        (person("listener-1", hidden=True),),
        (person("recorder", ParticipantInfo.Kind.EGRESS),),
    ],
)
async def test_a_room_without_a_caller_or_with_an_agent_is_left_alone(
    present: tuple[ParticipantInfo, ...],
) -> None:
    world = World(*present)
    await world.passes(20)
    assert (world.server.tasks, world.server.closed) == ([], False)


async def test_a_room_of_another_program_is_left_alone() -> None:
    world = World(person(), metadata=None)
    await world.passes(20)
    assert (world.server.tasks, world.server.closed) == ([], False)


async def test_an_open_call_is_left_to_recovery() -> None:
    world = World(person())
    await world.store.open_call(a_call())
    await world.passes(20)
    assert (world.server.tasks, world.server.closed) == ([], False)


@pytest.mark.parametrize("how", [CallEnd.CALLER_LEFT, CallEnd.NO_CALLER, CallEnd.CALL_BACK])
async def test_a_caller_who_is_back_after_the_call_was_over_is_answered(how: CallEnd) -> None:
    world = World(person(), metadata=None)  # the server has made the room again, and knows of no dispatch
    await world.ended(how)
    await world.passes(2)
    assert world.server.tasks == [AnswerCall()]


@pytest.mark.parametrize(("ago_s", "at_once"), [(0, True), (17, True), (19, False)])
async def test_a_caller_who_hung_up_and_is_back_is_answered_at_once(ago_s: int, at_once: bool) -> None:
    world = World(person())
    await world.store.open_call(replace(a_call(), caller=CALLER))
    at = world.clock.now_ms() - ago_s * 1000
    assert await world.store.end_call(CallId("call-1"), CallEnd.CALLER_LEFT, job=HOLDER, at=at)
    await world.waiting.poll()
    assert bool(world.server.tasks) is at_once
    await world.passes(7)
    assert len(world.server.tasks) == 1


async def test_a_caller_who_hung_up_on_the_agent_that_came_and_is_back_again_is_answered_at_once() -> None:
    """As when the caller reloads their page twice."""
    world = World(person())
    await world.store.open_call(replace(a_call(), caller=CALLER))
    for times in (1, 2):
        at = world.clock.now_ms()
        assert await world.store.end_call(CallId("call-1"), CallEnd.CALLER_LEFT, job=HOLDER, at=at)
        await world.passes(1)
        assert len(world.server.tasks) == times
        await world.store.reopen_call(CallId("call-1"), job=HOLDER, worker=WORKER, since=at, at=at + 500)


async def test_another_caller_in_the_room_of_one_who_hung_up_waits_for_the_rooms_agent() -> None:
    world = World(person("caller-2"))
    await world.store.open_call(replace(a_call(), caller=CALLER))
    at = world.clock.now_ms()
    assert await world.store.end_call(CallId("call-1"), CallEnd.CALLER_LEFT, job=HOLDER, at=at)
    await world.waiting.poll()
    assert world.server.tasks == []


async def test_the_agent_of_a_call_that_is_over_is_nobodys_company() -> None:
    world = World(person(), person(f"agent-{HOLDER}", AGENT))
    await world.ended(CallEnd.CALLER_LEFT)
    await world.passes(2)
    assert len(world.server.tasks) == 1


@pytest.mark.parametrize("how", [CallEnd.GOODBYE, CallEnd.OPERATOR, CallEnd.FAILED, CallEnd.TOO_LONG])
async def test_a_room_that_outlived_its_goodbye_is_closed(how: CallEnd) -> None:
    world = World(person())
    await world.ended(how)
    await world.passes(2)
    assert (world.server.tasks, world.server.closed) == ([], True)


async def test_somebody_who_came_after_another_callers_goodbye_is_answered() -> None:
    world = World(person("caller-2"))
    await world.ended(CallEnd.GOODBYE)
    await world.passes(2)
    assert (len(world.server.tasks), world.server.closed) == (1, False)


async def test_a_server_that_does_not_answer_is_asked_again() -> None:
    world = World(person())
    world.server.down = True
    await world.passes(5)
    world.server.down = False
    await world.passes(2)
    assert len(world.server.tasks) == 1


async def test_a_room_whose_dispatch_was_for_a_handoff_is_answered_by_the_first_role() -> None:
    task = TakeHandoff(role="billing", call="c", handoff="h", attempt="a", holder="x", caller=CALLER)
    world = World(person(), metadata=task.model_dump_json())
    await world.passes(2)
    assert world.server.tasks == [AnswerCall()]


@pytest.mark.fault("N1")
async def test_who_is_listed_in_a_dead_nodes_room_is_asked_for_once_and_answered_when_they_are_back() -> None:
    world = World(person())
    world.server.node_dead = True
    await world.passes(30)
    assert (world.server.tasks, world.server.asked) == ([], 1)
    world.server.node_dead, world.server.present_now = False, [person(sid="PA_2")]
    await world.passes(3)
    assert world.server.tasks == [AnswerCall()]
