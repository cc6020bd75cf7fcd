"""A program that can be killed, and restarted with its own ports and folder."""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack

from local.processes import Program

Starts = Callable[[], AbstractAsyncContextManager[Program]]
"""Starts the program with its own ports and folder; the program ends with the block."""


class Part:
    """One program of the fleet. Its owner calls `start`, and finally `end`."""

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
        """The most recently started program."""
        assert self._program is not None, f"{self.name} was never started"
        return self._program

    async def start(self) -> None:
        """Start or restart the program. Returns once it is ready. Raises: SetupFailed."""
        await self.end()
        self._program = await self._running.enter_async_context(self._starts())

    async def kill(self) -> None:
        """Kill the program, as `kill -9` does. Its connections break, and its state is lost."""
        self.program.send(signal.SIGKILL)
        await self.program.wait()

    async def end(self) -> None:
        """End the program with all its children. Idempotent."""
        await self._running.aclose()
