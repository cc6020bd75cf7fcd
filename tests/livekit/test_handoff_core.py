"""Holder and target over the real line, with the real store and a real server; only the voices are fake."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from livekit import api as livekit_api
from livekit import rtc

from clock import SystemClock
from local.livekit.server import LiveKitServer
from persistence.contract.store import Store
from persistence.records import Handoff, HandoffState, JobId, WorkerId
from persistence.sqlite import open_store
from persistence.sqlite.migrate import migrate
from persistence.write_queue import WriteQueue
from settings import HandoffSettings
from tests.contract.building import BILLING, CALL, HOLDER, requested
from tests.livekit.test_line import CALLER, joined
from tests.support.fakes import FakeSummarizer, FakeVoice, Steps
from tests.support.handoff_world import TURNS, lines
from transfer.holder.brief import make_brief
from transfer.holder.handoff_run import HandoffRun
from transfer.livekit.server_api import ServerApi
from transfer.livekit.switchboard import LiveKitHolderLine, LiveKitSwitchboard
from transfer.protocol import Brief, SummaryNote, TakeHandoff, agent_identity
from transfer.target.target import Target

SETTINGS = HandoffSettings.model_construct()
TARGET_JOB = JobId("job-1")


class RoomStage:
    """`transfer.ports.Stage` that really joins a room, and remembers what it was told."""

    decides_on_summary = False

    def __init__(self, room: rtc.Room, url: str, token: str, *, accepts: bool) -> None:
        self._room, self._url, self._token = room, url, token
        self._accepts = accepts
        self.knows: tuple[Brief, SummaryNote | None] | None = None

    async def join(self) -> None:
        await self._room.connect(self._url, self._token)

    async def decide(self, brief: Brief, summary: SummaryNote | None) -> tuple[bool, str]:
        return self._accepts, "" if self._accepts else "all lines are busy"

    async def begin(self, brief: Brief) -> None:
        pass

    async def prepare(self, brief: Brief, summary: SummaryNote | None) -> None:
        self.knows = brief, summary

    async def has_voice(self) -> bool:
        return True

    @property
    def soft_start_ms(self) -> int:
        return 0

    def open_ears(self) -> None:
        pass

    async def go_on_air(self, said: Sequence[str]) -> int:
        return SystemClock().now_ms()

    async def leave(self) -> None:
        await self._room.disconnect()


@dataclass
class Office:
    """The holder's room, and a dispatcher that starts targets in this process."""

    livekit: LiveKitServer
    room_name: str
    store: Store
    accepts: bool = True
    stages: list[RoomStage] = field(default_factory=list)
    jobs: list[asyncio.Task[bool]] = field(default_factory=list)
    rooms: list[rtc.Room] = field(default_factory=list)

    async def dispatch(self, task: TakeHandoff) -> str:
        token = livekit_api.AccessToken(self.livekit.api_key, self.livekit.api_secret)
        token.with_identity(agent_identity(TARGET_JOB))
        token.with_grants(livekit_api.VideoGrants(room_join=True, room=self.room_name))
        room = rtc.Room()
        stage = RoomStage(room, self.livekit.url, token.to_jwt(), accepts=self.accepts)
        target = Target(
            store=self.store,
            stage=stage,
            line=LiveKitHolderLine(room, task),
            clock=SystemClock(),
            settings=SETTINGS,
            write_queue=WriteQueue(),
            job=TARGET_JOB,
            worker=WorkerId("worker-1"),
        )
        self.rooms.append(room)
        self.stages.append(stage)
        self.jobs.append(asyncio.create_task(target.answer_attempt(task)))
        return "dispatch-1"

    async def withdraw(self, dispatch_id: str) -> None:
        pass

    async def closed(self) -> None:
        for job in self.jobs:
            await job
        for room in self.rooms:
            await room.disconnect()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    migrate(tmp_path / "baton.db")
    async with open_store(tmp_path / "baton.db") as opened:
        yield opened


async def handed_over(office: Office, api: livekit_api.LiveKitAPI, voice: FakeVoice, steps: Steps) -> Handoff:
    async with AsyncExitStack() as stack, asyncio.timeout(30):
        for identity in (CALLER, agent_identity(HOLDER)):
            room = await stack.enter_async_context(joined(office.livekit, office.room_name, identity))
        stack.push_async_callback(office.closed)
        write_queue = WriteQueue()
        handoff = await requested(office.store)
        run = HandoffRun(
            handoff,
            turns=lambda: TURNS,
            brief=lambda _: make_brief(handoff, turns=TURNS, facts={}),
            lines=lines,
            store=office.store,
            write_queue=write_queue,
            dispatcher=office,
            switchboard=LiveKitSwitchboard(room, ServerApi(api, "baton"), office.store),
            voice=voice,
            summarizer=FakeSummarizer(steps),
            clock=SystemClock(),
            settings=SETTINGS,
            job=HOLDER,
            holder=agent_identity(HOLDER),
            caller=CALLER,
        )
        ended = await run.run_handoff([BILLING])
        await write_queue.close(5)
    return ended


async def test_a_handoff_completes_over_the_real_line(
    livekit: LiveKitServer, room_name: str, api: livekit_api.LiveKitAPI, store: Store
) -> None:
    steps, office = Steps(), Office(livekit, room_name, store)
    ended = await handed_over(office, api, FakeVoice(steps, SystemClock()), steps)
    assert ended.state is HandoffState.COMPLETED
    assert await office.jobs[0] is True
    brief, summary = office.stages[0].knows or (None, None)
    assert brief is not None
    assert brief.turns[-1].text == "I was charged twice."
    assert summary is not None
    call = await store.call(CALL)
    assert call is not None
    assert call.holder_job == TARGET_JOB


async def test_a_decline_comes_back_over_the_real_line(
    livekit: LiveKitServer, room_name: str, api: livekit_api.LiveKitAPI, store: Store
) -> None:
    steps, office = Steps(), Office(livekit, room_name, store, accepts=False)
    voice = FakeVoice(steps, SystemClock())
    ended = await handed_over(office, api, voice, steps)
    assert ended.state is HandoffState.DECLINED
    assert await office.jobs[0] is False
    assert voice.said[-1] == "billing cannot."
