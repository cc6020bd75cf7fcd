"""Whether a job's process lives: a connection to its worker's parent, with a beat from the job's loop.

The kernel closes the connection the moment either process ends, however it ends. A loop that is blocked, or a
process that is stopped, does not beat. Over loopback: it leaves nothing behind, as a socket file would.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import secrets
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from persistence.records import JobId
from tasks import Background
from transfer.protocol import AnswerCall

log = logging.getLogger(__name__)

_BEAT_S = 0.25
_LOOK_S = 0.25
_OVERSLEPT_S = 0.5
_HELLO_LIMIT_S = 2.0
_LONGEST_LINE = 65_536
_BEAT, _BYE = b".\n", b"bye\n"
_HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class PulseAddress:
    """Where a worker's parent listens, and what proves that one of its own jobs calls."""

    port: int
    token: str


@dataclass(frozen=True, slots=True)
class Gone:
    """A job's process that is no more there for its call. `cleanly`: it said so itself.

    `answering`: what it was told, where it was to answer a call.
    """

    job: JobId
    room: str
    cleanly: bool
    answering: AnswerCall | None = None


@dataclass(slots=True)
class _Pulse:
    job: JobId
    room: str
    pid: int
    answering: AnswerCall | None
    beat_at: float  # the loop's time, s
    bye: bool = False


class Pulses:
    """The parent's end. `on_gone` is called once for each job that was heard of, as soon as it is gone."""

    def __init__(
        self,
        on_gone: Callable[[Gone], None],
        *,
        hung_after_s: float,
        kill: Callable[[int, int], None] = os.kill,
    ) -> None:
        self._on_gone = on_gone
        self._hung_after_s = hung_after_s
        self._kill = kill
        self._token = secrets.token_hex(16)
        self._pulses: dict[JobId, _Pulse] = {}
        self._tasks = Background()

    def has(self, job: JobId) -> bool:
        return job in self._pulses

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[PulseAddress]:
        """Listen, and watch for those that hang, while the block lasts."""
        server = await asyncio.start_server(self._heard, _HOST, 0, limit=_LONGEST_LINE)
        self._tasks.start(self._watch(), name="hung processes")
        try:
            yield PulseAddress(server.sockets[0].getsockname()[1], self._token)
        finally:
            self._pulses.clear()  # nobody is gone: it is we who listen no more
            server.close()
            await self._tasks.cancel()

    async def _heard(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.start(self._listen(reader, writer), name="pulse")

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            pulse = await self._greeted(reader)
            if pulse is not None:
                await self._follow(pulse, reader)
        finally:
            writer.close()

    async def _greeted(self, reader: asyncio.StreamReader) -> _Pulse | None:
        """Whose connection it is; None for a stranger's."""
        try:
            async with asyncio.timeout(_HELLO_LIMIT_S):
                hello = json.loads(await reader.readline())
            if not secrets.compare_digest(str(hello["token"]), self._token):
                return None
            told = hello["answering"]
            answering = AnswerCall.model_validate(told) if told is not None else None
            return _Pulse(JobId(hello["job"]), hello["room"], int(hello["pid"]), answering, self._now())
        except (ValueError, KeyError, TypeError, OSError, TimeoutError):
            return None

    async def _follow(self, pulse: _Pulse, reader: asyncio.StreamReader) -> None:
        self._pulses[pulse.job] = pulse
        log.info("a process has a call", extra={"job": pulse.job, "room": pulse.room, "pid": pulse.pid})
        try:
            while line := await reader.readline():
                pulse.beat_at = self._now()
                pulse.bye = pulse.bye or line == _BYE
        except (OSError, ValueError):
            pass  # it is gone without a word
        finally:
            if self._pulses.pop(pulse.job, None) is not None:
                self._on_gone(Gone(pulse.job, pulse.room, pulse.bye, pulse.answering))

    async def _watch(self) -> None:
        """End those that hang. Whoever has overslept, as a stopped parent has, judges nobody by it."""
        looked_at = self._now()
        while True:
            await asyncio.sleep(_LOOK_S)
            now = self._now()
            overslept = now - looked_at > _LOOK_S + _OVERSLEPT_S
            looked_at = now
            for pulse in self._pulses.values():
                if overslept:
                    pulse.beat_at = now
                elif now - pulse.beat_at > self._hung_after_s:
                    self._end(pulse)

    def _end(self, pulse: _Pulse) -> None:
        log.error("a process hangs, it is ended", extra={"job": pulse.job, "pid": pulse.pid})
        pulse.beat_at = self._now()  # once is enough; the connection tells when it is gone
        with contextlib.suppress(ProcessLookupError):
            self._kill(pulse.pid, signal.SIGKILL)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


@contextlib.asynccontextmanager
async def beating(
    address: PulseAddress | None,
    *,
    job: JobId,
    room: str,
    answering: AnswerCall | None,
    on_parent_gone: Callable[[], None],
) -> AsyncIterator[None]:
    """The job's end, for as long as it is there for its call. What leaves the block by an error is a death.

    Where no parent can be reached the job goes on without: then its process's end is all that is noticed.
    """
    if address is None or (connection := await _connected(address)) is None:
        yield
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
    tasks = Background()
    tasks.start(_beat(writer), name="pulse")
    tasks.start(_see_parent(reader, on_parent_gone), name="parent")
    try:
        yield
        writer.write(_BYE)
    finally:
        await tasks.cancel()
        writer.close()


async def _connected(address: PulseAddress) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
    try:
        async with asyncio.timeout(_HELLO_LIMIT_S):
            return await asyncio.open_connection(_HOST, address.port)
    except (OSError, TimeoutError) as error:
        log.warning("no pulse", extra={"error": type(error).__name__})
        return None


async def _beat(writer: asyncio.StreamWriter) -> None:
    while True:
        await asyncio.sleep(_BEAT_S)
        writer.write(_BEAT)


async def _see_parent(reader: asyncio.StreamReader, on_gone: Callable[[], None]) -> None:
    with contextlib.suppress(OSError):
        await reader.read()  # the parent says nothing: this returns when it is gone
    on_gone()
