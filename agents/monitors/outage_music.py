"""Music for a caller who holds and hears nothing else: off as soon as anyone speaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Protocol

_LOOK_EVERY_S = 0.25


class Music(Protocol):
    """What of `transfer.ports.Voice` is needed."""

    async def start_music(self) -> bool: ...

    async def stop_music(self) -> None: ...


class OutageMusic:
    """Stops only what it started: a handoff's music is the handoff's."""

    def __init__(self, voice: Music, *, wanted: Callable[[], bool]) -> None:
        """`wanted`: whether a caller holds, and hears nothing now."""
        self._voice = voice
        self._wanted = wanted
        self._moved = asyncio.Event()
        self._turn = asyncio.Lock()
        self._plays = False

    def look(self) -> None:
        """Somebody has begun to speak, or is silent again."""
        self._moved.set()

    async def run(self) -> None:
        """Play whenever it is wanted, until cancelled."""
        try:
            while True:
                self._moved.clear()
                async with self._turn:
                    await self._play(self._wanted())
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_EVERY_S):
                        await self._moved.wait()
        finally:
            await self._play(False)

    @asynccontextmanager
    async def silenced(self) -> AsyncIterator[None]:
        """No music while the block lasts: a line is spoken in it."""
        async with self._turn:
            await self._play(False)
            yield

    async def _play(self, wanted: bool) -> None:
        if wanted and not self._plays:
            self._plays = await self._voice.start_music()
        elif self._plays and not wanted:
            self._plays = False
            await self._voice.stop_music()
