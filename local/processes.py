"""Programs started here: waited for until they are ready, and ended with us, their children with them."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psutil

from errors import SetupFailed

LAST_LINES = 12
_END_LIMIT_S = 5.0


class Program:
    """A running program, and its process group. `lines` are the last it wrote."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: Path) -> None:
        self.name = name
        self.log = log
        self.lines: list[str] = []
        self._process = process

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.returncode is None

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the program alone."""
        with suppress(ProcessLookupError):
            self._process.send_signal(number)

    async def wait(self) -> int:
        """Its exit code, when it has ended."""
        return await self._process.wait()

    async def follow(self, ready: Callable[[str], bool], is_ready: asyncio.Event) -> None:
        """Copy what it writes to the log until it ends, and set `is_ready` at the first line that says so."""
        assert self._process.stdout is not None
        with self.log.open("a", buffering=1) as log:  # noqa: ASYNC230 - a local log file, a line at a time
            async for raw in self._process.stdout:
                line = raw.decode(errors="replace").rstrip("\n")
                log.write(line + "\n")
                self.lines = [*self.lines[-LAST_LINES:], line]
                if not is_ready.is_set() and ready(line):
                    is_ready.set()

    async def end(self, grace_s: float) -> None:
        """Ask it to end, and after `grace_s` seconds make it: the whole group."""
        self.send(signal.SIGTERM)
        with suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                await self._process.wait()
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        async with asyncio.timeout(_END_LIMIT_S):
            await self._process.wait()


@asynccontextmanager
async def running(
    name: str,
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    log: Path,
    ready: Callable[[str], bool],
    limit_s: float,
    grace_s: float = 3.0,
) -> AsyncIterator[Program]:
    """Start a program in a group of its own, and yield it once a line of its output is `ready`.

    Raises: SetupFailed, with the last lines, when it ends or is silent for `limit_s` seconds.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "local.tether",
        *argv,
        env={**os.environ, **env},
        cwd=Path(__file__).parent.parent,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
        limit=1 << 20,
    )
    program = Program(name, process, log)
    is_ready = asyncio.Event()
    following = asyncio.create_task(program.follow(ready, is_ready))
    try:
        await _until_ready(program, following, is_ready, limit_s)
        yield program
    finally:
        await program.end(grace_s)
        with suppress(asyncio.CancelledError):
            await following


async def _until_ready(
    program: Program, following: asyncio.Task[None], is_ready: asyncio.Event, limit_s: float
) -> None:
    waiting = asyncio.create_task(is_ready.wait())
    try:
        await asyncio.wait({waiting, following}, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
    if not is_ready.is_set():
        how = "ended" if following.done() else f"was not ready within {limit_s:g} s"
        said = "\n  ".join(program.lines) or "(it wrote nothing)"
        raise SetupFailed(f"{program.name} {how}; its log is {program.log}; its last lines:\n  {said}")


def left_behind(groups: Sequence[int]) -> list[int]:
    """Processes that still run in one of these groups; zombies do not."""
    found = []
    for process in psutil.process_iter(["pid", "status"]):
        with suppress(ProcessLookupError, PermissionError):
            if os.getpgid(process.pid) in groups and process.info["status"] != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
    return found
