"""Hold music for a caller on hold: LiveKit's clip without its silent beginning and end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from livekit import rtc
from livekit.agents import AudioConfig, BackgroundAudioPlayer, BuiltinAudioClip, PlayHandle
from livekit.agents.utils.audio import audio_frames_from_file

log = logging.getLogger(__name__)

_LIMIT_S = 2.0
_TAIL_S = 0.1  # the caller's ear may be further behind with the music than with the next voice

_FIRST_S, _LAST_S = 2.35, 50.5
"""The audible part of the 54.9 s clip. The clip fades in before it and out after it. Looped whole, it would
leave the caller in near silence for 2 s at first and for 5 s of every minute (test_hold_music.py)."""


def hold_music() -> AudioConfig:
    """Endless music: play it once, without looping."""
    return AudioConfig(_frames(), volume=0.5, fade_in=0.8, fade_out=0.2)


async def _frames() -> AsyncGenerator[rtc.AudioFrame, None]:
    while True:
        at_s = 0.0
        async with aclosing(audio_frames_from_file(BuiltinAudioClip.HOLD_MUSIC.path())) as clip:
            async for frame in clip:
                at_s += frame.duration
                if at_s > _LAST_S:
                    break
                if at_s > _FIRST_S:
                    yield frame


class HoldMusic:
    """Music in one room, on a track of its own."""

    def __init__(self, room: rtc.Room) -> None:
        self._room = room
        self._player: BackgroundAudioPlayer | None = None
        self._playing: PlayHandle | None = None

    @property
    def plays(self) -> bool:
        return self._playing is not None

    async def start(self) -> bool:
        """Returns whether music plays now. It does not while the room is unreachable: try again."""
        if self._playing is not None:
            return True
        if self._room.connection_state != rtc.ConnectionState.CONN_CONNECTED:
            return False  # publishing a track would wait in vain
        player = BackgroundAudioPlayer()
        self._player = player
        try:
            async with asyncio.timeout(_LIMIT_S):
                await player.start(room=self._room)
            self._playing = player.play(hold_music())
        except (TimeoutError, RuntimeError, rtc.ConnectError) as error:
            # A call goes on without music.
            log.warning("no hold music", extra={"error": type(error).__name__})
            await self.stop()
        return self._playing is not None

    async def stop(self) -> None:
        """Returns once the caller does not hear it any more. Does nothing if none plays."""
        player, self._player = self._player, None
        playing, self._playing = self._playing, None
        if player is None:
            return
        if playing is not None:
            playing.stop()
            with suppress(TimeoutError):
                async with asyncio.timeout(_LIMIT_S):
                    await playing.wait_for_playout()
                    await _played_out(player)
                    await asyncio.sleep(_TAIL_S)
        with suppress(TimeoutError):
            async with asyncio.timeout(_LIMIT_S):
                await player.aclose()


async def _played_out(player: BackgroundAudioPlayer) -> None:
    """Return when the player's last frame has left us: up to 0.6 s are still in its mixer and its source.

    Its parts are private, but it has no public way to wait for them, and a fixed wait is too short at times.
    """
    player._audio_mixer.end_input()
    if player._mixer_atask is not None:
        await asyncio.shield(player._mixer_atask)
    await player._audio_source.wait_for_playout()
