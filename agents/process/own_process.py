"""One of the worker's own processes: started from its forkserver, kept alive, and ended with the worker."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from agents.process.log_filters import install_log_filters
from agents.process.log_pipe import receiving_logs, sending_logs
from agents.process.process_context import ParentWorker

log = logging.getLogger(__name__)

Main = Callable[[socket.socket, socket.socket, int, ParentWorker], None]
"""A process's main function. Arguments: the sockets for commands and log, the log's level, the worker."""

_LIVES_S = 5.0
_AGAIN_S = 1.0
_END_LIMIT_S = 3.0


def run_here(serving: Coroutine[Any, Any, None], logs: socket.socket, level: int) -> None:
    """Run `serving` in a process of our own, then exit it. `serving` must end when the worker does."""
    for ignored in (signal.SIGINT, signal.SIGTERM):  # the worker decides when it ends
        signal.signal(ignored, signal.SIG_IGN)
    with sending_logs(logs, level):
        install_log_filters()
        asyncio.run(serving)
    os._exit(0)  # nobody needs what LiveKit's threads still do


class OwnProcess:
    """Keeps one process alive, and keeps commands for it until it is ready."""

    def __init__(self, name: str, main: Main, parent: ParentWorker) -> None:
        self._name, self._main, self._parent = name, main, parent
        self._commands: asyncio.Queue[bytes] = asyncio.Queue()

    def send(self, command: bytes) -> None:
        self._commands.put_nowait(command)

    async def run(self) -> None:
        """Keep the process alive until cancelled. Call it only once the server and its forkserver run."""
        clock = asyncio.get_running_loop()
        while True:
            began = clock.time()
            try:
                await self._live()
                log.error("the %s died, starting it again", self._name)
            except OSError:
                log.exception("the %s could not be started", self._name)
            if clock.time() - began < _LIVES_S:
                await asyncio.sleep(_AGAIN_S)

    async def _live(self) -> None:
        """Run one process from its start to its death."""
        ours, theirs = socket.socketpair()
        our_logs, their_logs = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=ours)
        pid: dict[str, int] = {}
        logs = receiving_logs(our_logs, pid)
        level = logging.getLogger().level
        process = _process(self._name, self._main, theirs, their_logs, level, self._parent)
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
        """Pass on commands until the process is gone: it never writes, so its socket then closes."""
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


def _process(name: str, main: Main, *arguments: Any) -> multiprocessing.process.BaseProcess:
    """Make a process as LiveKit does: a fork shares what was imported, and is ready within 0.2 s."""
    if sys.platform.startswith("linux"):
        forking = multiprocessing.get_context("forkserver")
        return forking.Process(target=main, args=arguments, name=name, daemon=True)
    new = multiprocessing.get_context("spawn")
    return new.Process(target=main, args=arguments, name=name, daemon=True)


def _ended(process: multiprocessing.process.BaseProcess) -> None:
    process.join(_END_LIMIT_S)
    if process.is_alive():
        process.kill()
        process.join(_END_LIMIT_S)
