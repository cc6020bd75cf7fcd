"""Starts programs, waits until they are ready, and ends them with all their children."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import TextIO

import psutil

from errors import SetupFailed

_TETHER = Path(__file__).with_name("tether.py")
_LAST_LINES = 12
_END_LIMIT_S = 5.0
_LOOK_AGAIN_S = 0.02


class Program:
    """A running program and its process group. `lines`: the last lines it wrote before it was ready."""

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
        """Wait until the program ends, and return its exit code. Its children may still run."""
        return await self._process.wait()

    async def follow(self, written: TextIO, ready: Callable[[str], bool]) -> bool:
        """Read the output until a line is `ready`. Return False if the program ended first."""
        begun = ""
        while True:
            ended, unread = not self.running, begun + written.read()
            *lines, begun = unread.split("\n")
            for line in [*lines, begun] if ended and begun else lines:
                self.lines = [*self.lines[-_LAST_LINES:], line]
                if ready(line):
                    return True
            if ended:
                return False
            await asyncio.sleep(_LOOK_AGAIN_S)

    async def end(self, grace_s: float) -> None:
        """Send SIGTERM to the program, and after at most `grace_s` seconds SIGKILL to its whole group."""
        self.send(signal.SIGTERM)
        with suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                await self.wait()
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        async with asyncio.timeout(_END_LIMIT_S):
            await self.wait()
            while left_behind([self.pid]):  # noqa: ASYNC110 - grandchildren give no notice of their end
                await asyncio.sleep(_LOOK_AGAIN_S)


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
    """Start a program in its own process group, and yield it once a line of its output is `ready`.

    The program writes to `log` directly: a pipe would block it whenever this process is busy.
    Raises: SetupFailed, with the last lines, if it ends or is not ready within `limit_s` seconds.
    """
    with log.open("ab") as output, log.open(errors="replace") as written, _lifeline() as lifeline:
        written.seek(0, os.SEEK_END)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-IS", str(_TETHER), str(lifeline), *argv),
            env={**os.environ, **env},
            cwd=Path(__file__).parent.parent,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            pass_fds=[lifeline],
        )
        program = Program(name, process, log)
        try:
            await _until_ready(program, written, ready, limit_s)
            yield program
        finally:
            await program.end(grace_s)


@contextmanager
def _lifeline() -> Iterator[int]:
    """Yield the reading end of a pipe, for the program. The other end closes when this process ends."""
    theirs, ours = os.pipe()
    try:
        yield theirs
    finally:
        os.close(ours)
        os.close(theirs)


async def _until_ready(
    program: Program, written: TextIO, ready: Callable[[str], bool], limit_s: float
) -> None:
    how = "ended"
    try:
        async with asyncio.timeout(limit_s):
            if await program.follow(written, ready):
                return
    except TimeoutError:
        how = f"was not ready within {limit_s:g} s"
    said = "\n  ".join(program.lines) or "(it wrote nothing)"
    raise SetupFailed(f"{program.name} {how}; its log is {program.log}; its last lines:\n  {said}")


def left_behind(groups: Sequence[int]) -> list[int]:
    """Return the ids of processes that still run in one of these groups, excluding zombies."""
    found = []
    for process in psutil.process_iter(["pid", "status"]):
        with suppress(ProcessLookupError, PermissionError):
            if os.getpgid(process.pid) in groups and process.info["status"] != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
    return found
