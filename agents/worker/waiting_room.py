"""The worker's end of its waiting room: starts the process before it is needed, and anew when it has died."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import socket
import sys
from typing import Any

from livekit.agents.utils import shortuuid

from agents.process.process_context import ParentWorker
from agents.waiting.commands import Greet, TakeUp, written
from agents.waiting.logs import receiving_logs
from agents.waiting.process import run_waiting_room
from clock import SystemClock
from persistence.records import Call
from transfer.protocol import AnswerCall

log = logging.getLogger(__name__)


_LIVES_S = 5.0
_AGAIN_S = 1.0
_END_LIMIT_S = 3.0


class WaitingRoom:
    """Commands that come before the process is ready are kept for it."""

    def __init__(self, parent: ParentWorker) -> None:
        self._parent = parent
        self._wanted = asyncio.Event()
        self._commands: asyncio.Queue[bytes] = asyncio.Queue()

    def open(self) -> None:
        """Have it ready: callers may have to wait soon."""
        self._wanted.set()

    def greet(self, room: str, task: AnswerCall) -> None:
        """Let a room's caller wait in line."""
        self._send(Greet(job=_job(), room=room, task=task, came_at=SystemClock().now_ms()))

    def take_up(self, call: Call) -> None:
        """Go on with a call in line whose waiting room is lost, or drains."""
        self._send(TakeUp(job=_job(), room=call.room, call=call.id))

    async def run(self) -> None:
        """Keep the process alive until cancelled. Call it once the server runs: not before its forkserver."""
        clock = asyncio.get_running_loop()
        await self._wanted.wait()
        while True:
            began = clock.time()
            try:
                await self._live()
                log.error("the waiting room died, starting it anew")
            except OSError:
                log.exception("the waiting room could not be started")
            if clock.time() - began < _LIVES_S:
                await asyncio.sleep(_AGAIN_S)

    def _send(self, command: Greet | TakeUp) -> None:
        self._commands.put_nowait(written(command))
        self.open()

    async def _live(self) -> None:
        """One process, from its start to its death."""
        ours, theirs = socket.socketpair()
        our_logs, their_logs = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=ours)
        pid: dict[str, int] = {}
        logs = receiving_logs(our_logs, pid)
        level = logging.getLogger().level
        process = _process(theirs, their_logs, level, self._parent)
        try:
            await asyncio.to_thread(process.start)
            pid["pid"] = process.pid or 0
            theirs.close()
            their_logs.close()
            await self._pass_commands(reader, writer)
        finally:
            writer.close()
            await asyncio.shield(asyncio.to_thread(_ended, process))
            await asyncio.shield(asyncio.to_thread(logs.stop))

    async def _pass_commands(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until the process is gone: it never writes, so its end closes."""
        gone = asyncio.ensure_future(reader.read())
        try:
            while True:
                command = asyncio.ensure_future(self._commands.get())
                await asyncio.wait({gone, command}, return_when=asyncio.FIRST_COMPLETED)
                if gone.done():
                    command.cancel()
                    return
                writer.write(command.result())
        finally:
            gone.cancel()


def _process(*arguments: Any) -> multiprocessing.process.BaseProcess:
    """By LiveKit's own way to start one: a fork shares what was imported, and is ready within 0.2 s."""
    if sys.platform.startswith("linux"):
        forking = multiprocessing.get_context("forkserver")
        return forking.Process(target=run_waiting_room, args=arguments, name="waiting room", daemon=True)
    new = multiprocessing.get_context("spawn")
    return new.Process(target=run_waiting_room, args=arguments, name="waiting room", daemon=True)


def _job() -> str:
    return shortuuid("AW_")


def _ended(process: multiprocessing.process.BaseProcess) -> None:
    process.join(_END_LIMIT_S)
    if process.is_alive():
        process.kill()
        process.join(_END_LIMIT_S)
