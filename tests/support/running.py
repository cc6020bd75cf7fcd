"""Acts on running programs: orders Groq's faults, freezes workers and processes, reads logs."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from agents.process.log_filters import HideNames
from local.stack import Stack
from tests.support.conversation import until
from tests.support.database import file_of

_STORE_WAIT_S = 10.0
_PARTICIPANT = re.compile(r'"participant": "([^"]+)"')


@asynccontextmanager
async def fault(stack: Stack, **order: Any) -> AsyncIterator[None]:
    """Makes the Groq stand-in fail while the block lasts; `order` is a local.groq_standin.faults.Fault."""
    address = f"{stack.groq}/control/faults"
    async with aiohttp.ClientSession(raise_for_status=True) as session:
        await (await session.post(address, json=order)).read()
        try:
            yield
        finally:
            await (await session.delete(address)).read()


@asynccontextmanager
async def account(stack: Stack, **order: Any) -> AsyncIterator[None]:
    """Orders `gone` or `terms_missing` models of the stand-in's account. After the block all work again."""
    address = f"{stack.groq}/control/account"
    async with aiohttp.ClientSession(raise_for_status=True) as session:
        await (await session.post(address, json=order)).read()
        try:
            yield
        finally:
            await (await session.post(address, json={"gone": [], "terms_missing": []})).read()


async def is_deciding(stack: Stack) -> None:
    """Waits until a target has its brief and asks the model whether to take the call."""
    address = f"{stack.groq}/control/requests"

    async def look() -> bool:
        async with aiohttp.ClientSession(raise_for_status=True) as session, session.get(address) as answer:
            entries = (await answer.json())["log"]
        return any(
            entry["details"].get("purpose") == "screening" and entry["total_ms"] is None for entry in entries
        )

    await until(look, "a target that decides")


@contextmanager
def frozen_worker(stack: Stack) -> Iterator[None]:
    """Freezes the worker's parent: running calls continue in their processes, new jobs get no answer."""
    stack.worker.send(signal.SIGSTOP)
    try:
        yield
    finally:
        stack.worker.send(signal.SIGCONT)


class FrozenProcesses:
    """The worker's idle processes, frozen: each can be given a job but does nothing until it is thawed."""

    def __init__(self, pids: Collection[int]) -> None:
        self.pids = pids

    def freeze(self) -> None:
        for pid in self.pids:
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        for pid in self.pids:
            with suppress(ProcessLookupError):  # the worker ends a job that is no longer wanted
                os.kill(pid, signal.SIGCONT)

    async def one_has_ended(self) -> None:
        """Waits until the process whose job was no longer wanted has ended."""

        async def look() -> bool:
            return sum(not psutil.pid_exists(pid) for pid in self.pids) == 1

        await until(look, "the late process's end")


@contextmanager
def frozen_processes(stack: Stack) -> Iterator[FrozenProcesses]:
    """Freezes the idle processes until `thaw` or the end of the block."""
    warm = {line["pid"] for line in logged(stack, message="process initialized")}
    waiting = FrozenProcesses([pid for pid in warm - busy_processes(stack) if psutil.pid_exists(pid)])
    waiting.freeze()
    try:
        yield waiting
    finally:
        waiting.thaw()


def busy_processes(stack: Stack) -> set[int]:
    """Returns the pids of the worker's processes that run a job: those that have opened the store."""
    found = set()
    for process in psutil.Process(stack.worker.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if any(file.path == str(file_of(stack.store)) for file in process.open_files()):
                found.add(process.pid)
    return found


async def new_process(stack: Stack, known: Collection[int]) -> int:
    """Waits for the one process that has taken a job and is not in `known`."""

    async def look() -> set[int]:
        return busy_processes(stack) - set(known)

    (pid,) = await until(look, "a process with the new job", limit_s=_STORE_WAIT_S)
    return pid


def logged(stack: Stack, *, room: str | None = None, **fields: object) -> Sequence[dict[str, Any]]:
    """Returns the worker's log entries that have all of these fields. Rooms' names are hashed in the log."""
    if room is not None:
        fields["room"] = HideNames(stack.livekit.api_secret).hidden(room)
    return log_lines(stack.worker.log, **fields)


def log_lines(log: Path, **fields: object) -> Sequence[dict[str, Any]]:
    found = []
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        with suppress(json.JSONDecodeError):
            entry = json.loads(line)
            if all(entry.get(name) == value for name, value in fields.items()):
                found.append(entry)
    return found


def let_in(stack: Stack, room: str) -> set[str]:
    """Returns the identities of everyone who ever joined this room, from the server's log."""
    log = stack.livekit.program.log.read_text(encoding="utf-8", errors="replace")
    begun = [line for line in log.splitlines() if "starting RTC session" in line and f'"{room}"' in line]
    return {_PARTICIPANT.findall(line)[0] for line in begun}
