"""Which jobs a worker accepts, with LiveKit's own job requests."""

from __future__ import annotations

import asyncio

import pytest
from livekit.agents import JobRequest
from livekit.protocol.agent import Job
from livekit.protocol.models import Room

from agents.worker.admission import Capacity

pytestmark = pytest.mark.fault("C7")


class Worker:
    """Room for two calls. Accepting a job takes until `launched` is set, as a job takes a moment to run."""

    def __init__(self) -> None:
        self.running: list[str] = []
        self.launched = asyncio.Event()
        self.capacity = Capacity(2, lambda: self.running)

    async def accepts(self, *rooms: str) -> list[bool | None]:
        """Offer a job of each room at the same time; returns which were accepted."""
        accepted: list[bool | None] = [None] * len(rooms)
        answers = [
            asyncio.create_task(self.capacity.accept_or_reject(self.request(room, accepted, number)))
            for number, room in enumerate(rooms)
        ]
        await asyncio.sleep(0)
        self.launched.set()
        await asyncio.gather(*answers)
        return accepted

    def request(self, room: str, accepted: list[bool | None], number: int = 0) -> JobRequest:
        async def on_accept(_: object) -> None:
            await self.launched.wait()
            self.running.append(room)
            accepted[number] = True

        async def on_reject(terminate: bool) -> None:
            assert not terminate, "another worker may have it"
            accepted[number] = False

        job = Job(id=f"job-{number}", room=Room(name=room))
        return JobRequest(job=job, on_accept=on_accept, on_reject=on_reject)


async def test_of_requests_that_come_before_any_job_runs_as_many_are_accepted_as_fit() -> None:
    assert await Worker().accepts("a", "b", "c", "d") == [True, True, False, False]


async def test_a_full_worker_accepts_further_jobs_of_its_own_calls() -> None:
    worker = Worker()
    await worker.accepts("a", "b")
    assert await worker.accepts("a", "c", "b") == [True, False, True]
    assert worker.capacity.load() == 0.5, "not so high that the server would skip it"


async def test_a_call_that_is_over_makes_room_at_once() -> None:
    worker = Worker()
    await worker.accepts("a", "b")
    worker.running.remove("a")
    assert worker.capacity.load() == 0.25
    assert await worker.accepts("c") == [True]


async def test_a_job_that_was_not_assigned_takes_no_room() -> None:
    worker = Worker()
    accepting = asyncio.create_task(worker.capacity.accept_or_reject(worker.request("a", [None])))
    await asyncio.sleep(0)
    accepting.cancel()
    await asyncio.gather(accepting, return_exceptions=True)
    assert await worker.accepts("b", "c", "d") == [True, True, False]
