"""The bridge between a person's own room and the caller's, on a real server, compared with a direct track."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import numpy as np
from livekit import api, rtc

from agents.people.copier import RATE, Copier, voice_source
from local.caller.caller import Caller
from local.caller.token import caller_token
from local.livekit.server import LiveKitServer

PERSON, DIRECT, PROXY = "person", "direct", "agent-proxy"
STEP = RATE // 50
LONGEST_MS = 400
"""Far above what the bridge adds (60 to 120 ms), so that a busy machine breaks no test."""


async def test_the_caller_hears_a_person_through_the_bridge_and_nothing_before_it_opens(
    livekit: LiveKitServer, room_name: str, record_property: Callable[[str, object], None]
) -> None:
    bridge_open = asyncio.Event()
    to_caller = caller_token(livekit.api_key, livekit.api_secret, room=room_name, agent_name=None)
    async with (
        Caller.join(livekit.url, to_caller) as caller,
        _joined(livekit, room_name, DIRECT) as direct,
        _joined(livekit, room_name, PROXY) as proxy,
        _joined(livekit, f"{room_name}-own", PROXY) as proxys_own,
        _joined(livekit, f"{room_name}-own", PERSON) as person,
    ):
        bridged = voice_source()
        await _publish(proxy, bridged)
        sources = [await _publish(room, voice_source()) for room in (person, direct)]
        copier = Copier(proxys_own, PERSON, bridged, is_open=bridge_open.is_set)
        copying = asyncio.create_task(copier.run())
        try:
            await _sound(sources, loud_s=0.5, quiet_s=1.0)  # the brief: only the person hears it
            assert not caller.sounds(PROXY)
            bridge_open.set()
            await _sound(sources, loud_s=0.5, quiet_s=1.0)
            assert copier.first_sound.is_set()
        finally:
            copying.cancel()
            await asyncio.gather(copying, return_exceptions=True)
        (through,) = caller.sounds(PROXY)
        _, beside = caller.sounds(DIRECT)
        later_ms = through.start_ms - beside.start_ms
        record_property("bridge_ms", later_ms)
        assert 0 <= later_ms < LONGEST_MS


async def _sound(sources: list[rtc.AudioSource], *, loud_s: float, quiet_s: float) -> None:
    """Play the same tone at the same time from all sources, in real time, then silence."""
    at = np.arange(STEP)
    tone = rtc.AudioFrame((8_000 * np.sin(at * 0.1)).astype(np.int16).tobytes(), RATE, 1, STEP)
    silence = rtc.AudioFrame(bytes(2 * STEP), RATE, 1, STEP)
    for frame, seconds in ((tone, loud_s), (silence, quiet_s)):
        for _ in range(round(seconds * 50)):
            await asyncio.gather(*(source.capture_frame(frame) for source in sources))
            await asyncio.sleep(0.02)


async def _publish(room: rtc.Room, source: rtc.AudioSource) -> rtc.AudioSource:
    track = rtc.LocalAudioTrack.create_audio_track("voice", source)
    await room.local_participant.publish_track(track)
    return source


@asynccontextmanager
async def _joined(server: LiveKitServer, name: str, identity: str) -> AsyncIterator[rtc.Room]:
    grants = api.VideoGrants(room_join=True, room=name)
    token = api.AccessToken(server.api_key, server.api_secret).with_identity(identity).with_grants(grants)
    room = rtc.Room()
    await room.connect(server.url, token.to_jwt())
    try:
        yield room
    finally:
        await room.disconnect()
