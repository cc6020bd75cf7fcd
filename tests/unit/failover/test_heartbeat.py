"""Whether a job's process lives: both ends of its heartbeat connection, over real sockets."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from failover.heartbeat import HeartbeatAddress, HeartbeatMonitor, ProcessExit, _hear, sending_heartbeats
from persistence.records import JobId
from transfer.protocol import AnswerCall

JOB, ROOM = JobId("job-1"), "room-1"
LIMIT_S = 30.0
HUNG_AFTER_S = 0.6


class Parent:
    """A worker's parent with its monitor. Records which processes exited, and which it would kill."""

    def __init__(self, *, hung_after_s: float = 60) -> None:
        self.exits: asyncio.Queue[ProcessExit] = asyncio.Queue()
        self.killed: asyncio.Queue[tuple[int, int]] = asyncio.Queue()
        self.heartbeats = HeartbeatMonitor(
            self.exits.put_nowait,
            hung_after_s=hung_after_s,
            kill=lambda pid, number: self.killed.put_nowait((pid, number)),
        )

    async def next_exit(self) -> ProcessExit:
        async with asyncio.timeout(LIMIT_S):
            return await self.exits.get()

    async def has_heard_of(self, job: JobId) -> None:
        async with asyncio.timeout(LIMIT_S):
            while not self.heartbeats.is_connected(job):  # noqa: ASYNC110 - it sends no event
                await asyncio.sleep(0.01)


def not_called() -> None:
    raise AssertionError("the parent still listens")


@asynccontextmanager
async def connected(address: HeartbeatAddress, **hello: object) -> AsyncIterator[asyncio.StreamWriter]:
    """Yield a connection that says hello and sends no heartbeat."""
    _, writer = await asyncio.open_connection("127.0.0.1", address.port)
    told = {"token": address.token, "job": JOB, "room": ROOM, "pid": 12_345, "answering": None, **hello}
    writer.write(json.dumps(told).encode() + b"\n")
    yield writer
    writer.close()


async def test_a_job_that_returns_exits_cleanly() -> None:
    parent = Parent()
    async with parent.heartbeats.listening() as address:
        async with sending_heartbeats(address, job=JOB, room=ROOM, answering=None, on_parent_gone=not_called):
            await parent.has_heard_of(JOB)
        assert await parent.next_exit() == ProcessExit(JOB, ROOM, cleanly=True)
        assert not parent.heartbeats.is_connected(JOB)


async def test_an_exit_tells_what_the_job_was_to_answer() -> None:
    parent, task = Parent(), AnswerCall(role="billing", caller="mary")
    async with parent.heartbeats.listening() as address:
        async with sending_heartbeats(address, job=JOB, room=ROOM, answering=task, on_parent_gone=not_called):
            await parent.has_heard_of(JOB)
        assert (await parent.next_exit()).answering == task


async def test_a_job_that_raises_exits_like_one_that_died() -> None:
    parent = Parent()

    async def fail() -> None:
        async with sending_heartbeats(address, job=JOB, room=ROOM, answering=None, on_parent_gone=not_called):
            await parent.has_heard_of(JOB)
            raise ZeroDivisionError

    async with parent.heartbeats.listening() as address:
        with pytest.raises(ZeroDivisionError):
            await fail()
        assert await parent.next_exit() == ProcessExit(JOB, ROOM, cleanly=False)


@pytest.mark.fault("A6")
async def test_a_broken_connection_is_a_death() -> None:
    parent = Parent()
    async with parent.heartbeats.listening() as address, connected(address) as writer:
        await parent.has_heard_of(JOB)
        writer.transport.abort()
        assert await parent.next_exit() == ProcessExit(JOB, ROOM, cleanly=False)


@pytest.mark.fault("A6")
async def test_a_process_without_heartbeats_is_killed() -> None:
    parent = Parent(hung_after_s=HUNG_AFTER_S)
    async with parent.heartbeats.listening() as address, connected(address):
        async with asyncio.timeout(LIMIT_S):
            assert await parent.killed.get() == (12_345, signal.SIGKILL)


@pytest.mark.looptime  # on a busy machine, three heartbeats may come late
async def test_a_process_with_heartbeats_lives() -> None:
    parent = Parent(hung_after_s=HUNG_AFTER_S)
    async with parent.heartbeats.listening() as address:
        async with sending_heartbeats(address, job=JOB, room=ROOM, answering=None, on_parent_gone=not_called):
            await asyncio.sleep(3 * HUNG_AFTER_S)
        assert parent.killed.empty()


@pytest.mark.parametrize("hello", [{"token": "guessed"}, {"job": None, "token": 1}, {"pid": "x"}])
async def test_strangers_are_ignored(hello: dict[str, object]) -> None:
    parent = Parent()
    async with parent.heartbeats.listening() as address:
        async with connected(address, **hello), connected(address, job="job-2"):
            await parent.has_heard_of(JobId("job-2"))
            assert not parent.heartbeats.is_connected(JOB)
        assert (await parent.next_exit()).job == "job-2"
        assert parent.exits.empty()


async def test_a_job_learns_that_its_parent_is_gone() -> None:
    parent, gone = Parent(), asyncio.Event()
    async with parent.heartbeats.listening() as address:
        job = sending_heartbeats(address, job=JOB, room=ROOM, answering=None, on_parent_gone=gone.set)
        await job.__aenter__()
        await parent.has_heard_of(JOB)
    async with asyncio.timeout(LIMIT_S):
        await gone.wait()
    await job.__aexit__(None, None, None)
    assert parent.exits.empty(), "a monitor that stops takes no process for dead"


async def test_a_job_runs_without_a_parent_in_reach() -> None:
    parent = Parent()
    async with parent.heartbeats.listening() as address:
        pass
    async with sending_heartbeats(address, job=JOB, room=ROOM, answering=None, on_parent_gone=not_called):
        pass
    async with sending_heartbeats(None, job=JOB, room=ROOM, answering=None, on_parent_gone=not_called):
        pass


async def test_a_job_and_its_parent_tell_each_other_things() -> None:
    to_parent: asyncio.Queue[object] = asyncio.Queue()
    to_job: asyncio.Queue[object] = asyncio.Queue()
    monitor = HeartbeatMonitor(lambda _: None, hung_after_s=60, on_told=to_parent.put_nowait)
    told = ["before it came"]
    monitor.tell(lambda: {"told": told[-1]})
    told.append("as it is when it comes")
    async with monitor.listening() as address, asyncio.timeout(LIMIT_S):
        job = sending_heartbeats(
            address,
            job=JOB,
            room=ROOM,
            answering=None,
            on_parent_gone=lambda: None,
            on_told=to_job.put_nowait,
        )
        async with job as tell:
            assert await to_job.get() == {"told": "as it is when it comes"}
            tell({"answer": 1})
            assert await to_parent.get() == {"answer": 1}
            monitor.tell(lambda: {"told": "later"})
            assert await to_job.get() == {"told": "later"}


def test_finding_16_a_line_nested_too_deep_to_read_is_not_understood(
    caplog: pytest.LogCaptureFixture,
) -> None:
    _hear(b'{"a":' * 100_000, lambda _: pytest.fail("it tells nothing"))
    (told,) = (record for record in caplog.records if record.name == _hear.__module__)
    assert (told.getMessage(), told.exc_info) == ("an unreadable heartbeat", None)
