"""Publishes one participant's voice from one room as a track in another."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from livekit import rtc

from agents.audio.voice_track import voice_options
from agents.people.copier import Copier, voice_source

log = logging.getLogger(__name__)

_LIMIT_S = 2.0


class CopiedTrack:
    """Copies while `is_open` is true; `hear` gets every frame, open or not. Run it while it is published."""

    def __init__(
        self,
        room: rtc.Room,
        identity: str,
        name: str,
        *,
        is_open: Callable[[], bool],
        hear: Callable[[rtc.AudioFrame], None] | None = None,
    ) -> None:
        """Copy the voice of `identity` in `room`. `name` is the track's name in the other room."""
        self._source, self._name = voice_source(), name
        self._copier = Copier(room, identity, self._source, is_open=is_open, hear=hear)
        self._published: tuple[rtc.LocalParticipant, str] | None = None

    async def run(self) -> None:
        """Runs until cancelled."""
        await self._copier.run()

    async def publish(self, room: rtc.Room) -> None:
        """Publish the track once the room is joined: call this until then. A refusal is only logged."""
        if not room.isconnected():
            return
        publisher = room.local_participant
        if self._published is not None and self._published[0] is publisher:
            return
        track = rtc.LocalAudioTrack.create_audio_track(self._name, self._source)
        try:
            async with asyncio.timeout(_LIMIT_S):
                publication = await publisher.publish_track(
                    track, voice_options(rtc.TrackSource.SOURCE_UNKNOWN)
                )
            self._published = (publisher, publication.sid)
        except (TimeoutError, rtc.participant.PublishTrackError) as error:
            log.warning("a voice is not copied", extra={"track": self._name, "error": type(error).__name__})

    async def unpublish(self) -> None:
        """Unpublish this track. Never raises: the room may be gone."""
        if self._published is None:
            return
        (participant, sid), self._published = self._published, None
        await take_away(participant, sid)


async def take_away(participant: rtc.LocalParticipant, sid: str) -> None:
    """Unpublish a track. Never raises: the room may be gone."""
    try:
        async with asyncio.timeout(_LIMIT_S):
            await participant.unpublish_track(sid)
    except (TimeoutError, rtc.participant.UnpublishTrackError) as error:
        log.info("a track was not taken away", extra={"error": type(error).__name__})
