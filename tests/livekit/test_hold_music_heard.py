"""Hold music in a real room: the caller hears it start, and the agent knows how long they heard it."""

from __future__ import annotations

import asyncio

import pytest
from livekit import api, rtc

from agents.audio.hold_music import HoldMusic
from clock import SystemClock
from local.caller.caller import Caller
from local.caller.token import caller_token
from local.livekit.server import LiveKitServer

PLAYS_S = 2.0
BEHIND_MS = 90
CLOSE_MS = 250
"""Tolerance: the music fades in and out within 0.2 s, and a jitter buffer grows on a busy machine."""


@pytest.mark.alone
async def test_music_is_heard_for_as_long_as_the_agent_says(livekit: LiveKitServer, room_name: str) -> None:
    to_caller = caller_token(livekit.api_key, livekit.api_secret, room=room_name, agent_name=None)
    grants = api.VideoGrants(room_join=True, room=room_name, agent=True)
    agent = api.AccessToken(livekit.api_key, livekit.api_secret).with_identity("agent-1").with_grants(grants)
    clock, room = SystemClock(), rtc.Room()
    async with Caller.join(livekit.url, to_caller) as caller:
        await room.connect(livekit.url, agent.to_jwt())
        try:
            music = HoldMusic(room, clock)
            assert await music.start()
            begun_at = clock.now_ms()
            await asyncio.sleep(PLAYS_S)
            ended_at = await music.stop()
            stopped_at = clock.now_ms()
        finally:
            await room.disconnect()
        (heard,) = caller.sounds(music=True)
        assert ended_at is not None
        assert heard.end_ms - heard.start_ms == pytest.approx(ended_at - begun_at, abs=CLOSE_MS)
        assert heard.start_ms + caller.zero_at == pytest.approx(begun_at, abs=CLOSE_MS)
        assert stopped_at - ended_at >= BEHIND_MS, "nobody speaks before the caller's ear is free"
