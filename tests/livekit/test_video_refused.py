"""Video that a participant publishes into a call reaches only livekit-server: no agent takes it."""

from __future__ import annotations

import asyncio

from livekit import api, rtc

from agents.session.agent_session import refuse_video
from local.livekit.server import LiveKitServer

LIMIT_S = 10.0


class Seen:
    """The names of the tracks that a room is now subscribed to."""

    def __init__(self, room: rtc.Room) -> None:
        self._names: set[str] = set()
        self._changed = asyncio.Event()
        room.on("track_subscribed", lambda _track, publication, _who: self._moved(publication.name, True))
        room.on("track_unsubscribed", lambda _track, publication, _who: self._moved(publication.name, False))

    async def only(self, *names: str) -> None:
        async with asyncio.timeout(LIMIT_S):
            while self._names != set(names):
                self._changed.clear()
                await self._changed.wait()

    def _moved(self, name: str, subscribed: bool) -> None:
        (self._names.add if subscribed else self._names.discard)(name)
        self._changed.set()


async def joined(livekit: LiveKitServer, room_name: str, identity: str) -> rtc.Room:
    room = rtc.Room()
    grants = api.VideoGrants(room_join=True, room=room_name)
    token = api.AccessToken(livekit.api_key, livekit.api_secret).with_identity(identity).with_grants(grants)
    await room.connect(livekit.url, token.to_jwt())
    return room


async def publishes(room: rtc.Room, *tracks: rtc.LocalTrack) -> None:
    for track in tracks:
        await room.local_participant.publish_track(track)


def video(name: str) -> rtc.LocalTrack:
    return rtc.LocalVideoTrack.create_video_track(name, rtc.VideoSource(64, 64))


def sound(name: str) -> rtc.LocalTrack:
    return rtc.LocalAudioTrack.create_audio_track(name, rtc.AudioSource(48_000, 1))


async def test_finding_16_an_agent_takes_sound_and_no_video(livekit: LiveKitServer, room_name: str) -> None:
    names = ("caller", "agent-1", "witness")
    caller, agent, witness = rooms = [await joined(livekit, room_name, name) for name in names]
    try:
        seen, all_seen = Seen(agent), Seen(witness)
        await publishes(caller, video("camera"), sound("microphone"))
        await seen.only("camera", "microphone")
        refuse_video(agent)
        await seen.only("microphone")
        await publishes(caller, video("screen"))
        await all_seen.only("camera", "microphone", "screen")
        await publishes(caller, sound("music"))
        await seen.only("microphone", "music")
    finally:
        await asyncio.gather(*(room.disconnect() for room in rooms))
