"""Plays music to a caller on hold, in an outage or on an operator's hold; pauses while somebody speaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from agents.session.voice import SessionVoice

_POLL_EVERY_S = 0.25


class MusicOnHold:
    """Music on hold. Stops only the music that it started, not a handoff's music."""

    def __init__(self, voice: SessionVoice, *, wanted: Callable[[], bool]) -> None:
        """`wanted`: the caller is on hold, and should hear nobody speak now."""
        self._voice = voice
        self._wanted = wanted
        self._changed = asyncio.Event()
        self._lock = asyncio.Lock()
        self._playing = False

    def on_speech_change(self) -> None:
        """Call when anyone starts or stops speaking."""
        self._changed.set()

    async def play_while_wanted(self) -> None:
        """Start and stop the music until cancelled."""
        try:
            while True:
                self._changed.clear()
                async with self._lock:
                    await self._play(self._wanted())
                with suppress(TimeoutError):
                    async with asyncio.timeout(_POLL_EVERY_S):
                        await self._changed.wait()
        finally:
            await self._play(False)

    @asynccontextmanager
    async def silenced(self) -> AsyncIterator[None]:
        """Keep the music off during the block, in which a line is spoken."""
        async with self._lock:
            await self._play(False)
            yield

    async def _play(self, wanted: bool) -> None:
        if wanted and not (self._playing and self._voice.music_plays):  # a handoff may have stopped it
            self._playing = await self._voice.start_music()
        elif self._playing and not wanted:
            self._playing = False
            await self._voice.stop_music()
