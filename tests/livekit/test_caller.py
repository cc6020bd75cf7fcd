"""The scripted caller on a real livekit-server, with a trivial agent that records when it made sound."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from livekit import api, rtc

from local.caller.audio_receiver import MUSIC_TRACK
from local.caller.caller import Caller
from local.caller.microphone import Microphone
from local.caller.tape import RATE_HZ, Samples
from local.caller.tasks import CallerTasks
from local.caller.token import caller_token
from local.livekit.server import LiveKitServer
from local.measure.caller_experience import AT_ONCE_MS
from local.measure.lanes import Span, spans
from transfer.protocol import SUMMARY

WAY_MS = 40
"""Delay of codec, server and jitter buffer on loopback, measured on an idle machine (see
local.caller.tape)."""

LIMIT_S = 30.0

CLOSE_MS = 60
"""Further tolerance: the jitter buffer grows on a busy machine."""


def tone(length_ms: int, hertz: int = 440) -> Samples:
    times = np.arange(RATE_HZ * length_ms // 1000) / RATE_HZ
    return (6000 * np.sin(2 * np.pi * hertz * times)).astype(np.int16)


def after_a_second(samples: Samples) -> Samples:
    """Put a second of silence first: a jitter buffer that has just begun stretches sound by up to 30 ms."""
    return np.concatenate([np.zeros(RATE_HZ, np.int16), samples])


class Agent:
    """Has two tracks, as a real agent has: voice and music. What it says is stamped on the caller's clock."""

    def __init__(self, room: rtc.Room, caller: Caller) -> None:
        self.room = room
        self.me = room.local_participant
        self.voice = Microphone(lambda: caller.now_ms / 1000)
        self.music = Microphone(lambda: caller.now_ms / 1000)


@asynccontextmanager
async def agent_beside(
    caller: Caller, livekit: LiveKitServer, room_name: str, identity: str
) -> AsyncIterator[Agent]:
    grants = api.VideoGrants(room_join=True, room=room_name, can_update_own_metadata=True)
    token = api.AccessToken(livekit.api_key, livekit.api_secret).with_identity(identity).with_grants(grants)
    room, tasks = rtc.Room(), CallerTasks()
    await room.connect(livekit.url, token.to_jwt())
    agent = Agent(room, caller)
    try:
        for name, source in (("roomio_audio", agent.voice), (MUSIC_TRACK, agent.music)):
            await source.publish(room, name=name)
            tasks.start(source.pump(), name="microphone")
        yield agent
    finally:
        await room.disconnect()
        await tasks.close()


@pytest.fixture
async def caller(livekit: LiveKitServer, room_name: str) -> AsyncIterator[Caller]:
    token = caller_token(
        livekit.api_key, livekit.api_secret, room=room_name, agent_name=None, may_send_data=True
    )
    async with Caller.join(livekit.url, token) as joined:
        yield joined


def one(sounds: Sequence[Span]) -> Span:
    (only,) = sounds
    return only


def late_ms(heard: Span, sent: Span) -> tuple[int, int]:
    return heard.start_ms - sent.start_ms, heard.end_ms - sent.end_ms


@pytest.mark.alone
async def test_lanes_are_right_and_the_music_is_a_lane_of_its_own(
    livekit: LiveKitServer, room_name: str, caller: Caller
) -> None:
    async with agent_beside(caller, livekit, room_name, "agent-one") as agent:
        speaking = asyncio.ensure_future(agent.voice.play(after_a_second(tone(900))))
        assert await caller.hears(since_ms=0, limit_s=LIMIT_S) == "agent-one"
        await speaking
        await caller.hears_out(limit_s=LIMIT_S)
        said = await caller.play(tone(500))
        await agent.music.play(after_a_second(tone(700)))
        async with agent_beside(caller, livekit, room_name, "agent-two") as second:
            await second.voice.play(after_a_second(tone(400)))
            await caller.hears("agent-two", since_ms=said.end_ms, limit_s=LIMIT_S)
            await caller.hears_out(limit_s=LIMIT_S)
        sent_two = one(spans(second.voice.tape.laid_out(), RATE_HZ))
    await caller.hang_up()

    sent_voice = one(spans(agent.voice.tape.laid_out(), RATE_HZ))
    sent_music = one(spans(agent.music.tape.laid_out(), RATE_HZ))
    for heard, sent in (
        (one(caller.sounds("agent-one")), sent_voice),
        (one(caller.sounds("agent-one", music=True)), sent_music),
        (one(caller.sounds("agent-two")), sent_two),
    ):
        assert all(abs(late - WAY_MS) <= CLOSE_MS for late in late_ms(heard, sent)), (heard, sent)
    assert all(abs(off) <= 20 for off in late_ms(one(caller.said_sounds()), said))
    assert caller.speakers() == ("agent-one", "agent-two")
    assert not caller.sounds("agent-two", music=True)


@pytest.mark.alone
async def test_receiver_that_serves_another_track_already_is_not_heard_twice(
    livekit: LiveKitServer, room_name: str, caller: Caller
) -> None:
    async with agent_beside(caller, livekit, room_name, "agent-one") as agent:
        await agent.voice.play(after_a_second(tone(400)))
        await caller.hears("agent-one", since_ms=0, limit_s=LIMIT_S)
        await caller.hears_out(limit_s=LIMIT_S)
        published = caller._room.remote_participants["agent-one"].track_publications.values()
        (voice,) = (each for each in published if each.name != MUSIC_TRACK)
        following = SimpleNamespace(name=voice.name, sid="following")
        caller._room.emit("track_subscribed", voice.track, following, SimpleNamespace(identity="agent-two"))
        await agent.voice.play(after_a_second(tone(600)))
        await caller.hears("agent-two", since_ms=0, limit_s=LIMIT_S)
        await caller.hears_out(limit_s=LIMIT_S)
    await caller.hang_up()

    before, *since = caller.sounds("agent-one")
    assert before.end_ms - before.start_ms >= 300
    assert all(span.end_ms - span.start_ms <= AT_ONCE_MS for span in since)
    assert one(caller.sounds("agent-two")).end_ms > before.end_ms


async def test_caller_hears_no_track_that_comes_as_it_leaves(
    livekit: LiveKitServer, room_name: str, caller: Caller
) -> None:
    room = caller._room
    subscribed: asyncio.Queue[tuple[object, ...]] = asyncio.Queue()
    room.on("track_subscribed", lambda *told: subscribed.put_nowait(told))
    async with agent_beside(caller, livekit, room_name, "agent-one"), asyncio.timeout(LIMIT_S):
        told = await subscribed.get()
        await caller.hang_up()
        room.emit("track_subscribed", *told)  # as for a track whose event was already on its way
        await asyncio.sleep(0)  # it would start to listen
        await caller._tasks.close()  # raises what a task raised


async def test_caller_who_is_called_off_while_joining_is_not_left_in_the_room(
    livekit: LiveKitServer, room_name: str
) -> None:
    token = caller_token(livekit.api_key, livekit.api_secret, room=room_name, agent_name=None)
    joining = asyncio.create_task(Caller.join(livekit.url, token).__aenter__())
    await asyncio.sleep(0)  # now the SDK has the request
    joining.cancel()
    with pytest.raises(asyncio.CancelledError):
        await joining
    async with api.LiveKitAPI(livekit.url, livekit.api_key, livekit.api_secret) as server:
        rooms = await server.room.list_rooms(api.ListRoomsRequest(names=[room_name]))
        present = await server.room.list_participants(api.ListParticipantsRequest(room=room_name))
    assert len(rooms.rooms) == 1, "it was there"
    assert list(present.participants) == [], "and has left"


async def test_everything_a_client_can_receive_is_kept(
    livekit: LiveKitServer, room_name: str, caller: Caller
) -> None:
    async with agent_beside(caller, livekit, room_name, "agent-one") as agent:
        await agent.me.publish_data(b"a packet", topic="any")
        await agent.me.send_text("a text", topic="lk.unheard-of")
        await agent.me.send_bytes(b"some bytes", name="file", topic="other")
        await agent.me.set_attributes({"brief": "an attribute"})
        await agent.me.set_metadata("a metadata")
        await agent.me.set_name("a name")
        with pytest.raises(rtc.RpcError):
            await agent.me.perform_rpc(destination_identity="caller", method=SUMMARY, payload="a payload")
        for kind in ("data", "text stream", "byte stream", "attributes", "metadata", "name", "rpc"):
            await caller.receives(kind, limit_s=LIMIT_S)
    async with api.LiveKitAPI(livekit.url, livekit.api_key, livekit.api_secret) as server:
        await server.room.update_room_metadata(
            api.UpdateRoomMetadataRequest(room=room_name, metadata="of the room")
        )
    await caller.receives("room metadata", limit_s=LIMIT_S)

    kept = {(item.kind, item.topic, item.text) for item in caller.received}
    assert {
        ("data", "any", "a packet"),
        ("text stream", "lk.unheard-of", "a text"),
        ("byte stream", "other", "some bytes"),
        ("attributes", "", '{"brief": "an attribute"}'),
        ("metadata", "", "a metadata"),
        ("name", "", "a name"),
        ("rpc", SUMMARY, "a payload"),
        ("track", "", MUSIC_TRACK),
        ("room metadata", "", "of the room"),
    } <= kept


async def test_waiting_for_a_voice_has_a_limit_and_ends_with_the_call(
    livekit: LiveKitServer, room_name: str, caller: Caller
) -> None:
    with pytest.raises(TimeoutError):
        await caller.hears(limit_s=0.1)
    await caller.hears_out(limit_s=0.1)
    waiting = asyncio.ensure_future(caller.hears(limit_s=LIMIT_S))
    async with api.LiveKitAPI(livekit.url, livekit.api_key, livekit.api_secret) as server:
        await server.room.delete_room(api.DeleteRoomRequest(room=room_name))
    await caller.is_hung_up_on(limit_s=LIMIT_S)
    with pytest.raises(ConnectionError):
        await waiting


async def test_the_token_calls_the_agent_and_lets_a_caller_only_speak(livekit: LiveKitServer) -> None:
    token = caller_token(livekit.api_key, livekit.api_secret, room="any", agent_name="desk")
    claims = api.TokenVerifier(livekit.api_key, livekit.api_secret).verify(token)
    assert claims.video
    assert claims.video.can_publish_sources == ["microphone"]
    assert claims.video.can_publish_data is False
    assert claims.room_config
    (agent,) = claims.room_config.agents
    assert (agent.agent_name, agent.metadata) == (
        "desk",
        '{"kind":"answer","version":1,"role":null,"caller":null}',
    )


@pytest.mark.long
async def test_callers_whose_rooms_the_server_closes_leave_no_thread_each(
    livekit: LiveKitServer, room_name: str
) -> None:
    counts = []
    async with api.LiveKitAPI(livekit.url, livekit.api_key, livekit.api_secret) as server:
        for room in [f"{room_name}-{number}" for number in range(4)]:
            token = caller_token(livekit.api_key, livekit.api_secret, room=room, agent_name=None)
            async with Caller.join(livekit.url, token) as joined:
                await server.room.delete_room(api.DeleteRoomRequest(room=room))
                await joined.is_hung_up_on(limit_s=LIMIT_S)
            counts.append(len(source_threads()))
    assert 0 < counts[-1] <= counts[0], "there is one, and it does another call's work"


def source_threads() -> list[Path]:
    """Return this process's threads that pace a microphone."""
    names = Path("/proc/self/task").glob("*/comm")
    return [name for name in names if name.read_text().startswith("AudioSource")]
