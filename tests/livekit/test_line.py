"""The agents' private messages on a real livekit-server: who gets them, who is refused, and departures."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from livekit import api as livekit_api
from livekit import rtc

from errors import LineFailed
from local.livekit.server import LiveKitServer
from persistence.contract.store import Store
from persistence.records import HandoffState
from persistence.sqlite import open_store
from persistence.sqlite.migrate import migrate
from tests.contract.building import FIRST, HANDOFF, HOLDER, TARGET, brought_to
from transfer.livekit.rpc import call
from transfer.livekit.server_api import ServerApi
from transfer.livekit.switchboard import LiveKitHolderLine, LiveKitSwitchboard
from transfer.livekit.target_line import LiveKitTargetLine
from transfer.protocol import (
    ANSWER,
    BRIEF_TOPIC,
    READY,
    RELEASE,
    RPC_LIMIT_BYTES,
    TAKE_OVER,
    Answer,
    Brief,
    Fact,
    Ready,
    SaidTurn,
    SummaryNote,
    TakeHandoff,
    TakeOver,
    agent_identity,
)

CALLER = "caller-1"
BRIEF = Brief(
    reason="you were charged twice", from_role="front-desk", facts={"order": Fact(value="17", source="said")}
)
ASKED = TakeOver(handoff=HANDOFF, last_sound_at=1_700_000_000_123, said=("One more thing.",))
NOTE = SummaryNote(matter="you were charged twice", words="All of it.")
TASK = TakeHandoff(
    role="billing",
    call="call-1",
    handoff=HANDOFF,
    attempt=FIRST,
    holder=agent_identity(HOLDER),
    caller=CALLER,
)


@asynccontextmanager
async def joined(livekit: LiveKitServer, room_name: str, identity: str) -> AsyncIterator[rtc.Room]:
    grants = livekit_api.VideoGrants(room_join=True, room=room_name)
    token = livekit_api.AccessToken(livekit.api_key, livekit.api_secret)
    room = rtc.Room()
    await room.connect(livekit.url, token.with_identity(identity).with_grants(grants).to_jwt())
    try:
        yield room
    finally:
        await room.disconnect()


@dataclass
class Line:
    """Both ends of a line in one room, and a caller who records everything that reaches their client."""

    holder: rtc.Room
    target: rtc.Room
    caller: rtc.Room
    switchboard: LiveKitSwitchboard
    to_target: LiveKitTargetLine
    to_holder: LiveKitHolderLine
    caller_saw: asyncio.Queue[object] = field(default_factory=asyncio.Queue)

    async def answered(self) -> None:
        await self.to_holder.ready()
        await self.to_holder.answer(Answer(attempt=FIRST, accepted=True))
        await self.to_target.answer()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A store in which the target has claimed the attempt."""
    migrate(tmp_path / "baton.db")
    async with open_store(tmp_path / "baton.db") as opened:
        await brought_to(opened, HandoffState.BRIEFING)
        yield opened


@pytest.fixture
async def line(
    livekit: LiveKitServer, room_name: str, api: livekit_api.LiveKitAPI, store: Store
) -> AsyncIterator[Line]:
    async with AsyncExitStack() as stack, asyncio.timeout(30):
        holder, target, caller = [
            await stack.enter_async_context(joined(livekit, room_name, identity))
            for identity in (agent_identity(HOLDER), agent_identity(TARGET), CALLER)
        ]
        switchboard = LiveKitSwitchboard(holder, ServerApi(api, "baton"), store)
        to_target = switchboard.open(TASK, BRIEF)
        opened = Line(holder, target, caller, switchboard, to_target, LiveKitHolderLine(target, TASK))
        caller.on("data_received", opened.caller_saw.put_nowait)
        caller.on("participant_attributes_changed", opened.caller_saw.put_nowait)
        caller.on("participant_metadata_changed", opened.caller_saw.put_nowait)
        caller.register_text_stream_handler(BRIEF_TOPIC, lambda _, who: opened.caller_saw.put_nowait(who))
        yield opened


async def test_a_handoff_passes_over_the_line_from_ready_to_taken(line: Line) -> None:
    assert await line.to_holder.ready() == BRIEF
    await line.to_target.ready()
    await line.to_holder.answer(Answer(attempt=FIRST, accepted=True, reason="gladly"))
    assert await line.to_target.answer() == Answer(attempt=FIRST, accepted=True, reason="gladly")
    async with asyncio.TaskGroup() as group:
        telling = group.create_task(line.to_target.tell(NOTE))
        assert await line.to_holder.summary() == NOTE
        assert not telling.done(), "it waits until the target is ready to speak"
        line.to_holder.reply_prepared()
    async with asyncio.TaskGroup() as group:
        group.create_task(line.to_target.take_over(ASKED))
        assert await line.to_holder.asked_to_take_over() == ASKED
        line.to_holder.reply_taken(taken=True)


async def test_a_target_that_lost_the_write_says_so(line: Line) -> None:
    await line.answered()
    line.to_holder.reply_taken(taken=False)
    with pytest.raises(LineFailed, match="lost"):
        await line.to_target.take_over(ASKED)


@pytest.mark.fault("B17")
@pytest.mark.parametrize("words", [10, 4_000], ids=["by RPC", "by stream"])
async def test_the_brief_reaches_the_target_and_nobody_else(line: Line, words: int) -> None:
    turns = tuple(SaidTurn(speaker="caller", text=f"word {number}") for number in range(words))
    brief = BRIEF.model_copy(update={"turns": turns})
    assert (len(brief.model_dump_json().encode()) > RPC_LIMIT_BYTES) is (words == 4_000)
    line.switchboard.open(TASK, brief)
    assert await line.to_holder.ready() == brief
    # Messages keep their order: once this one has arrived, nothing of the brief is still on its way.
    await line.holder.local_participant.publish_data(b"", topic="end", reliable=True)
    last = await line.caller_saw.get()
    assert isinstance(last, rtc.DataPacket)
    assert last.topic == "end"


@pytest.mark.fault("C9")
async def test_only_the_agent_that_claimed_gets_the_brief(
    line: Line, livekit: LiveKitServer, room_name: str
) -> None:
    async with joined(livekit, room_name, agent_identity("job-of-a-stranger")) as stranger:
        for room in (line.caller, stranger):
            with pytest.raises(LineFailed, match="not the target"):
                await call(room, TASK.holder, READY, Ready(attempt=FIRST))
    with pytest.raises(LineFailed, match="no such attempt"):
        await call(line.target, TASK.holder, READY, Ready(attempt="another"))
    with pytest.raises(LineFailed, match="not understood"):
        await call(line.target, TASK.holder, READY)


@pytest.mark.fault("C9")
async def test_only_the_target_answers_and_only_the_holder_commands(line: Line) -> None:
    await line.to_holder.ready()
    with pytest.raises(LineFailed, match="not the target"):
        await call(line.caller, TASK.holder, ANSWER, Answer(attempt=FIRST, accepted=True))
    for method, message in ((TAKE_OVER, TakeOver(handoff=HANDOFF, last_sound_at=0)), (RELEASE, None)):
        with pytest.raises(LineFailed, match="not the holder"):
            await call(line.caller, agent_identity(TARGET), method, message)
    released = asyncio.create_task(line.to_holder.released())
    called = asyncio.create_task(line.to_holder.asked_to_take_over())
    await line.to_holder.answer(Answer(attempt=FIRST, accepted=True))
    assert (await line.to_target.answer()).accepted
    assert not released.done()
    assert not called.done()
    released.cancel()
    called.cancel()


@pytest.mark.fault("A2")
async def test_a_target_that_leaves_before_its_answer_ends_the_wait_at_once(line: Line) -> None:
    await line.to_holder.ready()
    await line.target.disconnect()
    with pytest.raises(LineFailed):
        await line.to_target.answer()


@pytest.mark.fault("A11")
async def test_a_released_target_hears_it_and_is_seen_out_of_the_room(
    line: Line, api: livekit_api.LiveKitAPI, room_name: str
) -> None:
    await line.answered()
    await line.to_target.release()
    await line.to_holder.released()
    present = await api.room.list_participants(livekit_api.ListParticipantsRequest(room=room_name))
    assert {one.identity for one in present.participants} == {TASK.holder, CALLER}


@pytest.mark.fault("A5")
async def test_after_the_release_a_late_target_gets_nothing(line: Line) -> None:
    await line.to_target.release()
    with pytest.raises(LineFailed):
        await line.to_holder.ready()


@pytest.mark.fault("A6")
async def test_the_target_notices_that_the_holder_has_gone(line: Line) -> None:
    await line.answered()
    await line.holder.disconnect()
    await line.to_holder.holder_gone()


@pytest.mark.fault("C1")
async def test_a_target_that_reconnects_has_not_gone(line: Line) -> None:
    await line.answered()
    gone = asyncio.create_task(line.to_target.gone())
    await line.target.simulate_scenario(rtc.SimulateScenarioKind.SIMULATE_FULL_RECONNECT)
    taking = asyncio.create_task(line.to_holder.asked_to_take_over())
    line.to_holder.reply_taken(taken=True)
    await line.to_target.take_over(ASKED)
    assert await taking == ASKED
    assert not gone.done()
    gone.cancel()
