"""Hold music for a caller on hold: LiveKit's clip without its silent beginning and end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from livekit import rtc
from livekit.agents import AudioConfig, BackgroundAudioPlayer, BuiltinAudioClip, PlayHandle
from livekit.agents.utils.audio import audio_frames_from_file

from agents.audio.voice_track import voice_options
from transfer.ports import Clock

log = logging.getLogger(__name__)

_LIMIT_S = 2.0
_RECEIVED_LIMIT_S = 1.0
_LOOK_S = 0.01
_TAIL_S = 0.1  # the caller may hear the music with more delay than the next voice

_FIRST_S, _LAST_S = 2.45, 50.5
"""The audible part of the 54.9 s clip. The clip fades in before it and out after it. Looped whole, it would
leave the caller in near silence for 2 s at first and for 5 s of every minute (test_hold_music.py)."""


def hold_music(begun: asyncio.Event) -> AudioConfig:
    """Return endless music, to play without looping. `begun` is set when its first frame is sent."""
    return AudioConfig(_frames(begun), volume=0.5, fade_in=0.8, fade_out=0.2)


async def _frames(begun: asyncio.Event) -> AsyncGenerator[rtc.AudioFrame, None]:
    while True:
        async for frame in audible_music():
            begun.set()
            yield frame


async def audible_music(sample_rate: int = 48_000) -> AsyncGenerator[rtc.AudioFrame, None]:
    """Yield the audible part of the clip once, as mono frames."""
    at_s = 0.0
    async with aclosing(audio_frames_from_file(BuiltinAudioClip.HOLD_MUSIC.path(), sample_rate)) as clip:
        async for frame in clip:
            at_s += frame.duration
            if at_s > _LAST_S:
                break
            if at_s > _FIRST_S:
                yield frame


class HoldMusic:
    """Music in one room, on a track of its own."""

    def __init__(self, room: rtc.Room, clock: Clock) -> None:
        self._room = room
        self._clock = clock
        self._player: BackgroundAudioPlayer | None = None
        self._playing: PlayHandle | None = None
        self._starting = asyncio.Lock()

    @property
    def plays(self) -> bool:
        return self._playing is not None

    async def start(self) -> bool:
        """Start the music, and return whether it plays as soon as the caller begins to hear it.

        It does not play while the room is unreachable: try again.
        """
        async with self._starting:  # concurrent starts share one player
            return self._playing is not None or await self._start()

    async def _start(self) -> bool:
        if self._room.connection_state != rtc.ConnectionState.CONN_CONNECTED:
            return False  # publishing a track would wait in vain
        player, music = BackgroundAudioPlayer(), voice_options(rtc.TrackSource.SOURCE_UNKNOWN)
        self._player = player
        try:
            async with asyncio.timeout(_LIMIT_S):
                await player.start(room=self._room, track_publish_options=music)
                await _is_received(player)
            begun = asyncio.Event()
            self._playing = player.play(hold_music(begun))
            async with asyncio.timeout(_LIMIT_S):
                await begun.wait()
        except (TimeoutError, RuntimeError, rtc.ConnectError) as error:
            # A call continues without music.
            log.warning("no hold music", extra={"error": type(error).__name__})
            await self.stop()
        except asyncio.CancelledError:
            await self.stop()  # nothing else holds this player
            raise
        return self._playing is not None

    async def stop(self) -> int | None:
        """Return the last sound's time, ms UTC, once the caller hears no more music. None: none played."""
        loop = asyncio.get_running_loop()
        player, self._player = self._player, None
        playing, self._playing = self._playing, None
        if player is None:
            return None
        ended_at = None
        if playing is not None:
            playing.stop()
            player._audio_source.clear_queue()  # or its fade would wait behind 0.4 s of music
            ended_at, ended_s = self._clock.now_ms(), loop.time()
            with suppress(TimeoutError):
                async with asyncio.timeout(_LIMIT_S):
                    await playing.wait_for_playout()
                    await _played_out(player)  # for 0.1 s more, of which 20 ms can be heard
            await asyncio.sleep(max(0.0, ended_s + _TAIL_S - loop.time()))
        with suppress(TimeoutError):
            async with asyncio.timeout(_LIMIT_S):
                await player.aclose()
        return ended_at


async def _is_received(player: BackgroundAudioPlayer) -> None:
    """Wait until somebody receives the track: earlier sound is not heard. The room may be empty."""
    assert player.publication is not None
    with suppress(TimeoutError):
        async with asyncio.timeout(_RECEIVED_LIMIT_S):
            await player.publication.wait_for_subscription()


async def _played_out(player: BackgroundAudioPlayer) -> None:
    """Wait until the player's last frame has left: some frames are still in its mixer and its source.

    Only the end of the fade is heard of these 0.5 s, and the next voice would have to wait for the rest. The
    player's parts are private, but it has no public way to wait for them, and a fixed wait is sometimes too
    short.
    """
    mixing = player._mixer_atask
    player._audio_mixer.end_input()
    while mixing is not None and not mixing.done():
        player._audio_source.clear_queue()  # or the mixer waits for room in it
        await asyncio.wait({mixing}, timeout=_LOOK_S)
    await player._audio_source.wait_for_playout()
