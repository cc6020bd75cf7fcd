"""Baton's four programs at addresses that are known beforehand: each is started and ended separately."""

from __future__ import annotations

import asyncio
import secrets
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from enum import StrEnum
from pathlib import Path

import aiohttp

from local.livekit.server import LiveKitServer, free_ports, livekit_server
from local.processes import Program, running
from local.stack import Stack, running_service
from tests.support.conversation import until
from tests.support.places import place

_KEY = "baton-local"  # the key of local.livekit.server
_START_LIMIT_S = 60.0
_SERVE_LIMIT_S = 60.0
WAITING = "waiting for "
_TOLD = "baton: "


class Name(StrEnum):
    LIVEKIT = "livekit-server"
    GROQ = "the stand-in for Groq"
    WORKER = "the worker"
    SERVICE = "the operators' service"


class Programs:
    """The four programs. The store is in a folder of its own, `disk`, which does not exist at first."""

    def __init__(self, folder: Path, lines: Path) -> None:
        """Choose ports and settings. `lines`: the folder of the spoken lines."""
        self._folder = folder
        self._ports = free_ports()
        self._secret = secrets.token_hex(24)
        self._groq, self._health, self._console = (free_ports().http for _ in range(3))
        self._running: dict[Name, AsyncExitStack] = {}
        self.disk = folder / "disk"
        self.worker: Program
        self.service: Program
        self._livekit: LiveKitServer
        self.env = {
            "LIVEKIT_URL": f"ws://127.0.0.1:{self._ports.http}",
            "LIVEKIT_API_KEY": _KEY,
            "LIVEKIT_API_SECRET": self._secret,
            "GROQ_BASE_URL": f"http://127.0.0.1:{self._groq}",
            "GROQ_API_KEY": "stand-in",
            "BATON_STORE": f"sqlite:///{self.disk / 'baton.db'}",
            "BATON_LINES_FOLDER": str(lines),
            "BATON_HEALTH_PORT": str(self._health),
            "BATON_CONSOLE_PORT": str(self._console),
            "BATON_DRAIN_LIMIT_S": "5",
            "BATON_IDLE_PROCESSES": "1",
        }

    async def start(self, name: Name) -> None:
        """Start a program, and return once it runs. A worker or a service may still wait for the others."""
        stack = self._running[name] = AsyncExitStack()
        match name:
            case Name.LIVEKIT:
                server = livekit_server(self._folder, ports=self._ports, secret=self._secret)
                self._livekit = await stack.enter_async_context(server)
            case Name.GROQ:
                await stack.enter_async_context(self._stand_in())
            case Name.WORKER:
                self.worker = await stack.enter_async_context(self._worker())
            case Name.SERVICE:
                service = running_service(self._folder, self.env, ready="")
                self.service = await stack.enter_async_context(service)

    async def kill_livekit(self) -> None:
        self._livekit.program.send(signal.SIGKILL)
        await self._running.pop(Name.LIVEKIT).aclose()

    async def end(self) -> None:
        for stack in reversed(self._running.values()):
            await stack.aclose()

    async def worker_health(self) -> tuple[int, str]:
        address = f"http://127.0.0.1:{self._health}/"
        async with aiohttp.ClientSession() as session, session.get(address) as page:
            return page.status, await page.text()

    async def service_health(self) -> tuple[int, dict[str, object]]:
        address = f"http://127.0.0.1:{self._console}/health"
        async with aiohttp.ClientSession() as session, session.get(address) as page:
            return page.status, await page.json(content_type=None)

    async def missing(self, *settings: str) -> None:
        """Wait until the worker's health page names exactly these settings as not ready."""

        async def look() -> bool:
            status, text = await self.worker_health()
            named = [line.removeprefix("not ready: ").partition(":")[0] for line in text.splitlines()]
            return status == 503 and sorted(named) == sorted(settings)

        await until(look, f"a health page that names {settings}", limit_s=_SERVE_LIMIT_S)

    async def serve(self) -> None:
        """Wait until the worker and the service report that they serve."""

        async def look() -> bool:
            worker, service = await asyncio.gather(self.worker_health(), self.service_health())
            return worker == (200, "OK") and service[1].get("well") is True

        await until(look, "a worker and a service that serve", limit_s=_SERVE_LIMIT_S)

    async def call_is_answered(self) -> None:
        async with place(self._stack()) as here, here.call() as talk:
            await talk.is_greeted()

    def told(self, program: Program) -> list[str]:
        """Return what it has told the user so far, in order, without LiveKit's log and Python's warnings."""
        lines = program.log.read_text().splitlines()
        return [line.removeprefix(_TOLD) for line in lines if line.startswith(_TOLD)]

    def said(self, program: Program) -> list[str]:
        """Return the settings that it waited for, and that came after a wait, in order."""
        return [line for line in self.told(program) if WAITING in line or " is there, after " in line]

    def _stack(self) -> Stack:
        programs = (self._livekit.program, self.worker, self.service)
        store = self.env["BATON_STORE"]
        return Stack(
            self._livekit, self.env["GROQ_BASE_URL"], self.worker, self.env, store, programs, self.service
        )

    def _stand_in(self) -> AbstractAsyncContextManager[Program]:
        return running(
            Name.GROQ,
            [sys.executable, "-m", "local.groq_standin", "--port", str(self._groq)],
            env={},
            log=self._folder / "stand-in.log",
            ready=lambda line: line.startswith('{"url"'),
            limit_s=_START_LIMIT_S,
            grace_s=0.5,
        )

    def _worker(self) -> AbstractAsyncContextManager[Program]:
        return running(
            Name.WORKER,
            [sys.executable, "-m", "livekit.agents", "start", "worker.py"],
            env=self.env,
            log=self._folder / "worker.log",
            ready=lambda _: True,
            limit_s=_START_LIMIT_S,
        )


@asynccontextmanager
async def programs_in(folder: Path, lines: Path) -> AsyncIterator[Programs]:
    made = Programs(folder, lines)
    try:
        yield made
    finally:
        await made.end()
