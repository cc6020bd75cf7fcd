"""Whether a job's process lives: both ends of its pulse, over real connections."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from failover.heartbeat import Gone, PulseAddress, Pulses, beating
from persistence.records import JobId
from transfer.protocol import AnswerCall

JOB, ROOM = JobId("job-1"), "room-1"
LIMIT_S = 5.0
HUNG_AFTER_S = 0.6


class Parent:
    """A worker's parent, as far as pulses go; it notes who has gone, and whom it would end."""

    def __init__(self, *, hung_after_s: float = 60) -> None:
        self.gone: asyncio.Queue[Gone] = asyncio.Queue()
        self.ended: asyncio.Queue[tuple[int, int]] = asyncio.Queue()
        self.pulses = Pulses(
            self.gone.put_nowait,
            hung_after_s=hung_after_s,
            kill=lambda pid, number: self.ended.put_nowait((pid, number)),
        )

    async def next_gone(self) -> Gone:
        async with asyncio.timeout(LIMIT_S):
            return await self.gone.get()

    async def hears(self, job: JobId) -> None:
        async with asyncio.timeout(LIMIT_S):
            while not self.pulses.has(job):  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.01)


def not_called() -> None:
    raise AssertionError("the parent has not gone")


@asynccontextmanager
async def connected(address: PulseAddress, **hello: object) -> AsyncIterator[asyncio.StreamWriter]:
    """A connection that says hello, and then nothing."""
    _, writer = await asyncio.open_connection("127.0.0.1", address.port)
    told = {"token": address.token, "job": JOB, "room": ROOM, "pid": 12_345, "answering": None, **hello}
    writer.write(json.dumps(told).encode() + b"\n")
    yield writer
    writer.close()


async def test_a_job_that_returns_is_gone_cleanly() -> None:
    parent = Parent()
    async with parent.pulses.listening() as address:
        async with beating(address, job=JOB, room=ROOM, answering=None, on_parent_gone=not_called):
            await parent.hears(JOB)
        assert await parent.next_gone() == Gone(JOB, ROOM, cleanly=True)
        assert not parent.pulses.has(JOB)


async def test_what_a_job_was_to_answer_is_known_when_it_is_gone() -> None:
    parent, task = Parent(), AnswerCall(role="billing", caller="mary")
    async with parent.pulses.listening() as address:
        async with beating(address, job=JOB, room=ROOM, answering=task, on_parent_gone=not_called):
            await parent.hears(JOB)
        assert (await parent.next_gone()).answering == task


async def test_a_job_that_fails_is_gone_like_one_that_died() -> None:
    parent = Parent()

    async def fail() -> None:
        async with beating(address, job=JOB, room=ROOM, answering=None, on_parent_gone=not_called):
            await parent.hears(JOB)
            raise ZeroDivisionError

    async with parent.pulses.listening() as address:
        with pytest.raises(ZeroDivisionError):
            await fail()
        assert await parent.next_gone() == Gone(JOB, ROOM, cleanly=False)


@pytest.mark.fault("A6")
async def test_a_connection_that_breaks_is_a_death() -> None:
    parent = Parent()
    async with parent.pulses.listening() as address, connected(address) as writer:
        await parent.hears(JOB)
        writer.transport.abort()
        assert await parent.next_gone() == Gone(JOB, ROOM, cleanly=False)


@pytest.mark.fault("A6")
async def test_a_process_that_does_not_stir_is_ended() -> None:
    parent = Parent(hung_after_s=HUNG_AFTER_S)
    async with parent.pulses.listening() as address, connected(address):
        async with asyncio.timeout(LIMIT_S):
            assert await parent.ended.get() == (12_345, signal.SIGKILL)


async def test_a_process_that_beats_is_let_live() -> None:
    parent = Parent(hung_after_s=HUNG_AFTER_S)
    async with parent.pulses.listening() as address:
        async with beating(address, job=JOB, room=ROOM, answering=None, on_parent_gone=not_called):
            await asyncio.sleep(3 * HUNG_AFTER_S)
        assert parent.ended.empty()


@pytest.mark.parametrize("hello", [{"token": "guessed"}, {"job": None, "token": 1}, {"pid": "x"}])
async def test_strangers_are_not_listened_to(hello: dict[str, object]) -> None:
    parent = Parent()
    async with parent.pulses.listening() as address:
        async with connected(address, **hello), connected(address, job="job-2"):
            await parent.hears(JobId("job-2"))
            assert not parent.pulses.has(JOB)
        assert (await parent.next_gone()).job == "job-2"
        assert parent.gone.empty()


async def test_a_job_learns_that_its_parent_has_gone() -> None:
    parent, gone = Parent(), asyncio.Event()
    async with parent.pulses.listening() as address:
        job = beating(address, job=JOB, room=ROOM, answering=None, on_parent_gone=gone.set)
        await job.__aenter__()
        await parent.hears(JOB)
    async with asyncio.timeout(LIMIT_S):
        await gone.wait()
    await job.__aexit__(None, None, None)
    assert parent.gone.empty(), "a parent that listens no more takes nobody for dead"


async def test_a_job_without_a_parent_in_reach_goes_on() -> None:
    parent = Parent()
    async with parent.pulses.listening() as address:
        pass
    async with beating(address, job=JOB, room=ROOM, answering=None, on_parent_gone=not_called):
        pass
    async with beating(None, job=JOB, room=ROOM, answering=None, on_parent_gone=not_called):
        pass
