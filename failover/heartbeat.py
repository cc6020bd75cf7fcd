"""Whether a job's process is alive: a connection to its worker's parent, with heartbeats from the job's loop.

The kernel closes the connection the moment either process ends, however it ends. A blocked event loop or a
stopped process sends no heartbeat. The connection uses loopback TCP: a socket file would be left behind.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import secrets
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from failover.starvation import Look, look_at, starves
from persistence.records import JobId
from tasks import BackgroundTasks
from transfer.protocol import AnswerCall

log = logging.getLogger(__name__)

_HEARTBEAT_EVERY_S = 0.25
_CHECK_EVERY_S = 0.25
_OVERSLEPT_S = 0.5
_STARVED_TIMES = 3
"""A process that only waits for a processor gets this many times the limit: a replacement would wait, too."""
_HELLO_LIMIT_S = 2.0
_LONGEST_LINE = 65_536
_HEARTBEAT, _GOODBYE = b".\n", b"bye\n"
_HOST = "127.0.0.1"

Told = Callable[[Mapping[str, Any]], None]
"""Takes a message that is not a heartbeat: JSON."""


@dataclass(frozen=True, slots=True)
class HeartbeatAddress:
    """Where a worker's parent listens. `token` proves that a connection comes from one of its own jobs."""

    port: int
    token: str


@dataclass(frozen=True, slots=True)
class ProcessExit:
    """A job's process has left its call. `cleanly`: it said goodbye first.

    `answering` is the job's dispatch, if it was dispatched to answer a call.
    """

    job: JobId
    room: str
    cleanly: bool
    answering: AnswerCall | None = None


@dataclass(slots=True)
class _Process:
    job: JobId
    room: str
    pid: int
    answering: AnswerCall | None
    heartbeat_at: float  # the event loop's time, s
    writer: asyncio.StreamWriter
    goodbye: bool = False
    look: Look | None = None
    """The latest look at the process while its heartbeat is late."""


def not_told(_: Mapping[str, Any]) -> None:
    """For who listens to nothing, and for a process without a parent."""


def _line(what: Mapping[str, Any]) -> bytes:
    return json.dumps(what).encode() + b"\n"


def _hear(line: bytes, on_told: Told) -> None:
    """Pass on what a line tells; a heartbeat tells nothing."""
    if line.startswith(b"{"):
        try:
            on_told(json.loads(line))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            log.warning("an unreadable heartbeat", extra={"error": type(error).__name__})


class HeartbeatMonitor:
    """The parent's end. Calls `on_exit` once for each job that has connected, as soon as its connection ends.

    A process without a heartbeat for `hung_after_s` seconds is killed, unless it only waits for a processor.
    `on_told` gets what jobs tell.
    """

    def __init__(
        self,
        on_exit: Callable[[ProcessExit], None],
        *,
        hung_after_s: float,
        kill: Callable[[int, int], None] = os.kill,
        on_told: Told = not_told,
    ) -> None:
        self._on_exit = on_exit
        self._on_told = on_told
        self._latest: Callable[[], Mapping[str, Any]] | None = None
        self._hung_after_s = hung_after_s
        self._kill = kill
        self._token = secrets.token_hex(16)
        self._processes: dict[JobId, _Process] = {}
        self._tasks = BackgroundTasks()

    def is_connected(self, job: JobId) -> bool:
        return job in self._processes

    def tell(self, what: Callable[[], Mapping[str, Any]]) -> None:
        """Tell it to all jobs, and to those that connect later, until something else replaces it.

        `what` returns it as of now: it may tell how long ago something was.
        """
        self._latest, line = what, _line(what())
        for process in self._processes.values():
            process.writer.write(line)

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[HeartbeatAddress]:
        """Accept connections, and kill hung processes, while the block lasts."""
        server = await asyncio.start_server(self._on_connection, _HOST, 0, limit=_LONGEST_LINE)
        self._tasks.start(self._kill_hung_processes(), name="hung processes")
        try:
            yield HeartbeatAddress(server.sockets[0].getsockname()[1], self._token)
        finally:
            self._processes.clear()  # no process has exited: it is the monitor that stops
            server.close()
            await self._tasks.cancel()

    async def _on_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.start(self._serve(reader, writer), name="heartbeats")

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            process = await self._read_hello(reader, writer)
            if process is not None:
                await self._read_heartbeats(process, reader)
        finally:
            writer.close()

    async def _read_hello(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> _Process | None:
        """The process at the other end; None if it does not prove to be one of ours in time."""
        try:
            async with asyncio.timeout(_HELLO_LIMIT_S):
                hello = json.loads(await reader.readline())
            if not secrets.compare_digest(str(hello["token"]), self._token):
                return None
            told = hello["answering"]
            answering = AnswerCall.model_validate(told) if told is not None else None
            job, room, pid = JobId(hello["job"]), hello["room"], int(hello["pid"])
            return _Process(job, room, pid, answering, self._now(), writer)
        except (ValueError, KeyError, TypeError, RecursionError, OSError, TimeoutError):
            return None

    async def _read_heartbeats(self, process: _Process, reader: asyncio.StreamReader) -> None:
        self._processes[process.job] = process
        log.info("process has a call", extra={"job": process.job, "room": process.room, "pid": process.pid})
        if self._latest is not None:
            process.writer.write(_line(self._latest()))
        try:
            while line := await reader.readline():
                process.heartbeat_at = self._now()
                process.goodbye = process.goodbye or line == _GOODBYE
                _hear(line, self._on_told)
        except (OSError, ValueError):
            pass  # the connection broke: the same as its end
        finally:
            if self._processes.pop(process.job, None) is not None:
                self._on_exit(ProcessExit(process.job, process.room, process.goodbye, process.answering))

    async def _kill_hung_processes(self) -> None:
        """After a pause of this process (a stop, a suspended machine) every job gets a fresh start."""
        checked_at = self._now()
        while True:
            await asyncio.sleep(_CHECK_EVERY_S)
            now = self._now()
            overslept = now - checked_at > _CHECK_EVERY_S + _OVERSLEPT_S
            checked_at = now
            for process in self._processes.values():
                if overslept:
                    process.heartbeat_at = now
                elif self._hangs(process, now):
                    self._kill_process(process)

    def _hangs(self, process: _Process, now: float) -> bool:
        silent_s = now - process.heartbeat_at
        if silent_s < self._hung_after_s / 2:
            process.look = None
            return False
        before, process.look = process.look, look_at(process.pid, now)
        if silent_s <= self._hung_after_s:
            return False
        if not starves(before, process.look) or silent_s > _STARVED_TIMES * self._hung_after_s:
            return True
        if silent_s - _CHECK_EVERY_S <= self._hung_after_s:
            log.warning("a call's process gets no processor", extra={"job": process.job, "pid": process.pid})
        return False

    def _kill_process(self, process: _Process) -> None:
        log.error("killing a hung process", extra={"job": process.job, "pid": process.pid})
        process.heartbeat_at = self._now()  # kill once; the end of the connection tells when it is gone
        with contextlib.suppress(ProcessLookupError):
            self._kill(process.pid, signal.SIGKILL)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


@contextlib.asynccontextmanager
async def sending_heartbeats(
    address: HeartbeatAddress | None,
    *,
    job: JobId,
    room: str,
    answering: AnswerCall | None,
    on_parent_gone: Callable[[], None],
    on_told: Told = not_told,
) -> AsyncIterator[Told]:
    """The job's end: send heartbeats while the block lasts. An exception out of the block counts as a crash.

    Yields what tells the parent something; `on_told` gets what the parent tells.

    If the parent cannot be reached, the job runs without heartbeats, and only its process's end is noticed.
    """
    if address is None or (connection := await _connect(address)) is None:
        yield not_told
        return
    reader, writer = connection
    hello = {
        "token": address.token,
        "job": job,
        "room": room,
        "pid": os.getpid(),
        "answering": answering.model_dump() if answering else None,
    }
    writer.write(json.dumps(hello).encode() + b"\n")
    tasks = BackgroundTasks()
    tasks.start(_send_heartbeats(writer), name="heartbeats")
    tasks.start(_watch_parent(reader, on_parent_gone, on_told), name="parent")
    try:
        yield lambda what: writer.write(_line(what))
        writer.write(_GOODBYE)
    finally:
        await tasks.cancel()
        writer.close()


async def _connect(address: HeartbeatAddress) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
    try:
        async with asyncio.timeout(_HELLO_LIMIT_S):
            return await asyncio.open_connection(_HOST, address.port)
    except (OSError, TimeoutError) as error:
        log.warning("no heartbeats: parent out of reach", extra={"error": type(error).__name__})
        return None


async def _send_heartbeats(writer: asyncio.StreamWriter) -> None:
    while True:
        await asyncio.sleep(_HEARTBEAT_EVERY_S)
        writer.write(_HEARTBEAT)


async def _watch_parent(reader: asyncio.StreamReader, on_gone: Callable[[], None], on_told: Told) -> None:
    with contextlib.suppress(OSError, ValueError):
        while line := await reader.readline():
            _hear(line, on_told)
    on_gone()
