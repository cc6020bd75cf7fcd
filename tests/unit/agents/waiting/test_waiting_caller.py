"""How a wait in line ends: by an agent, the caller, an operator, or its limit. Under virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from livekit import rtc

from agents.roster.roster import load_roster
from agents.waiting.means import WaitingMeans
from agents.waiting.mix import SAMPLE_RATE, Mix
from agents.waiting.sound import CallerSound
from agents.waiting.waiting_caller import WaitingCaller
from persistence.records import DEPLOY, Call, CallEnd, JobId, OperatorRequest, RequestId, RequestKind
from persistence.write_queue import WriteQueue
from settings import Settings
from tests.contract.building import WORKER, a_call
from tests.support.fakes import LoopClock
from tests.support.memory_store import MemoryStore
from transfer.protocol import ADMITTED

pytestmark = pytest.mark.looptime

OURS, AGENT = JobId("AW_1"), JobId("AJ_1")
LEFT, BROKEN = rtc.DisconnectReason.CLIENT_INITIATED, rtc.DisconnectReason.STATE_MISMATCH
LINE = np.full(SAMPLE_RATE, 1_000, np.int16)


class FakeRoom:
    """A room with one caller. The test sends the events and RPC calls."""

    name = "room-1"
    connection_state = rtc.ConnectionState.CONN_CONNECTED

    def __init__(self, caller: str) -> None:
        self.person = SimpleNamespace(identity=caller, attributes={}, disconnect_reason=None)
        self.remote_participants = {caller: self.person}
        self.methods: dict[str, Callable[[Any], Awaitable[str]]] = {}
        self.handlers: dict[str, Callable[[Any], None]] = {}
        self.local_participant = self

    def register_rpc_method(self, name: str, handler: Callable[[Any], Awaitable[str]]) -> None:
        self.methods[name] = handler

    def on(self, event: str, handler: Callable[[Any], None]) -> None:
        self.handlers[event] = handler

    def leaves(self, reason: rtc.DisconnectReason.ValueType) -> None:
        self.person.disconnect_reason = reason
        del self.remote_participants[self.person.identity]
        self.handlers["participant_disconnected"](self.person)

    def is_back(self) -> None:
        self.remote_participants[self.person.identity] = self.person
        self.handlers["participant_connected"](self.person)


class FakeSound:
    """Plays to nobody, in real time."""

    def __init__(self) -> None:
        self.mix, self.ended = Mix(lambda: LINE), asyncio.Event()

    async def play(self) -> None:
        while not self.mix.finished:
            self.mix.next(SAMPLE_RATE // 10)
            await asyncio.sleep(0.1)
        self.ended.set()


class World:
    """One caller in line. `said`: the lines that were spoken to them."""

    def __init__(self, row: Call) -> None:
        settings = Settings()
        self.row, self.store, self.closed = row, MemoryStore(), False
        self.said: list[str] = []
        self.lines = load_roster(settings.worker.roster_folder, voices=settings.groq.voices.split())
        role = self.lines.first_role(settings.call)
        self.means = SimpleNamespace(
            store=self.store,
            clock=LoopClock(),
            settings=settings,
            first_role=role,
            lines=role.spoken_lines,
            write_queue=WriteQueue(),
            server=self,
            line=self._line,
        )
        self.room, self.sound = FakeRoom(row.caller), FakeSound()
        self.caller = WaitingCaller(
            cast(WaitingMeans, self.means), OURS, cast(rtc.Room, self.room), cast(CallerSound, self.sound)
        )

    def _line(self, words: str) -> object:
        self.said.append(words)
        return LINE

    async def delete_room(self, _: str) -> None:
        self.closed = True

    async def ended(self) -> Call:
        row = await self.store.call(self.row.id)
        assert row is not None
        return row

    async def asks_to_end(self, by: str) -> None:
        request = OperatorRequest(RequestId("r"), self.row.id, self.row.room, RequestKind.END, "", by, "k", 1)
        await self.store.add_request(request)


@asynccontextmanager
async def in_line() -> AsyncIterator[tuple[World, asyncio.Task[None]]]:
    row = a_call(job=OURS)
    world = World(replace(row, started_at=world_now(), queued_at=world_now()))
    await world.store.open_call(world.row)
    playing = asyncio.create_task(world.sound.play())
    waiting = asyncio.create_task(world.caller.hold(world.row))
    await asyncio.sleep(0.5)
    try:
        yield world, waiting
    finally:
        for task in (playing, waiting):
            task.cancel()
        await asyncio.gather(playing, waiting, return_exceptions=True)


def world_now() -> int:
    return LoopClock().now_ms()


async def test_a_caller_who_is_taken_up_hears_a_voice_before_their_place_is_read() -> None:
    async with in_line() as (world, _):
        world.caller.go_on()
        assert world.said == [world.means.lines.still_waiting]


async def test_a_caller_who_hangs_up_has_given_up() -> None:
    async with in_line() as (world, waiting):
        world.room.leaves(LEFT)
        await asyncio.wait_for(waiting, 2)
        assert (await world.ended()).ended_how is CallEnd.GAVE_UP
        assert not world.closed, "they may be back, in the old place"


async def test_a_caller_whose_connection_breaks_is_waited_for() -> None:
    async with in_line() as (world, waiting):
        world.room.leaves(BROKEN)
        await asyncio.sleep(10)
        world.room.is_back()
        await asyncio.sleep(30)
        assert not waiting.done()
        world.room.leaves(BROKEN)
        await asyncio.wait_for(waiting, 20)
        assert (await world.ended()).ended_how is CallEnd.GAVE_UP


async def test_the_waiting_room_falls_silent_before_it_answers_an_agent_that_took_the_call() -> None:
    async with in_line() as (world, waiting):
        world.caller.greet()
        await world.store.admit_call(world.row.id, job=OURS, by=AGENT, worker=WORKER, at=1)
        asked = SimpleNamespace(caller_identity=f"agent-{AGENT}", payload="")
        await world.room.methods[ADMITTED](asked)
        assert world.sound.ended.is_set()
        await asyncio.wait_for(waiting, 2)
        assert (await world.ended()).ended_at is None


async def test_a_long_line_is_heard_to_its_end_by_a_caller_whom_an_agent_has_taken() -> None:
    async with in_line() as (world, waiting):
        clock = asyncio.get_running_loop()
        world.caller.follow(await world.store.calls_in_line(), clock.time())
        world.sound.mix.say(np.tile(LINE, 9))  # after the line with the place
        await asyncio.sleep(3)
        await world.store.admit_call(world.row.id, job=OURS, by=AGENT, worker=WORKER, at=1)
        world.caller.follow(await world.store.calls_in_line(), clock.time())
        asked = SimpleNamespace(caller_identity=f"agent-{AGENT}", payload="")
        answered = asyncio.ensure_future(world.room.methods[ADMITTED](asked))
        await asyncio.sleep(6)
        world.caller.follow(await world.store.calls_in_line(), clock.time())
        await asyncio.sleep(0.1)
        assert not waiting.done(), "the agent waits for our answer"
        await asyncio.wait_for(answered, 3)
        await asyncio.wait_for(waiting, 2)


async def test_nobody_but_an_agent_ends_the_music() -> None:
    async with in_line() as (world, waiting):
        with pytest.raises(rtc.RpcError):
            await world.room.methods[ADMITTED](SimpleNamespace(caller_identity="caller", payload=""))
        assert not waiting.done()


@pytest.mark.parametrize("name", [f"agent-{AGENT}", "agent-of-nobody"])
async def test_finding_10_a_person_with_an_agents_name_does_not_end_the_music(name: str) -> None:
    async with in_line() as (world, waiting):
        await world.store.admit_call(world.row.id, job=OURS, by=AGENT, worker=WORKER, at=1)
        person = SimpleNamespace(identity=name, kind=rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD)
        world.room.remote_participants[name] = person
        with pytest.raises(rtc.RpcError):
            await world.room.methods[ADMITTED](SimpleNamespace(caller_identity=name, payload=""))
        assert not waiting.done()


async def test_an_agent_that_took_the_call_and_says_nothing_is_left_alone_with_it_after_a_while() -> None:
    async with in_line() as (world, waiting):
        clock = asyncio.get_running_loop()
        world.caller.follow(await world.store.calls_in_line(), clock.time())
        await world.store.admit_call(world.row.id, job=OURS, by=AGENT, worker=WORKER, at=1)
        world.caller.follow(await world.store.calls_in_line(), clock.time())
        await asyncio.sleep(3)
        assert not waiting.done()
        world.caller.follow(await world.store.calls_in_line(), clock.time() + 6)
        await asyncio.wait_for(waiting, 1)


@pytest.mark.parametrize(
    ("by", "how", "line"),
    [("Ann", CallEnd.OPERATOR, "goodbye"), (DEPLOY, CallEnd.FAILED, "failed_goodbye")],
)
async def test_an_operator_or_a_worker_that_ends_may_end_the_wait_with_a_goodbye(
    by: str, how: CallEnd, line: str
) -> None:
    async with in_line() as (world, waiting):
        await world.asks_to_end(by)
        await asyncio.wait_for(waiting, 8)
        assert world.said == [getattr(world.means.lines, line)]
        assert (await world.ended()).ended_how is how
        assert world.closed


async def test_a_wait_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_LONGEST_CALL_S", "20")
    async with in_line() as (world, waiting):
        await asyncio.wait_for(waiting, 30)
        assert (await world.ended()).ended_how is CallEnd.TOO_LONG
        assert world.said == [world.means.lines.too_long_goodbye]
