"""A program that can be killed, and started again in its old place."""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack

from local.processes import Program

Starts = Callable[[], AbstractAsyncContextManager[Program]]
"""Starts the program with its own ports and folder; the program ends with the block."""


class Part:
    """One program of the fleet. Its owner calls `start`, and `end` at last."""

    def __init__(self, name: str, starts: Starts) -> None:
        self.name = name
        self._starts = starts
        self._running = AsyncExitStack()
        self._program: Program | None = None

    @property
    def runs(self) -> bool:
        return self._program is not None and self._program.running

    @property
    def program(self) -> Program:
        """The program as it was started last."""
        assert self._program is not None, f"{self.name} was never started"
        return self._program

    async def start(self) -> None:
        """Start it, or start it again. Returns once it is ready. Raises: SetupFailed."""
        await self.end()
        self._program = await self._running.enter_async_context(self._starts())

    async def kill(self) -> None:
        """As `kill -9`. Its connections break; whatever it knew is lost."""
        self.program.send(signal.SIGKILL)
        await self.program.wait()

    async def end(self) -> None:
        """End it with all its children. Idempotent."""
        await self._running.aclose()
