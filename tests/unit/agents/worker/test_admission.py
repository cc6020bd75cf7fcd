from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from agents.worker.admission import Capacity

pytestmark = pytest.mark.fault("C7")


@dataclass(frozen=True)
class FakeRoom:
    name: str


class FakeRequest:
    """`launch`: accepting takes until it is set, as a job takes a moment to run."""

    def __init__(self, name: str, launch: asyncio.Event, running: list[str]) -> None:
        self.room = FakeRoom(name)
        self.taken: bool | None = None
        self.terminated = False
        self._launch, self._running = launch, running

    async def accept(self) -> None:
        await self._launch.wait()
        self._running.append(self.room.name)
        self.taken = True

    async def reject(self, *, terminate: bool) -> None:
        self.taken, self.terminated = False, terminate


class Worker:
    """Two calls fit."""

    def __init__(self) -> None:
        self.running: list[str] = []
        self.launch = asyncio.Event()
        self.capacity = Capacity(2, lambda: self.running)

    async def asked(self, *rooms: str) -> list[bool | None]:
        requests = [FakeRequest(room, self.launch, self.running) for room in rooms]
        answers = [asyncio.create_task(self.capacity.answer(request)) for request in requests]
        await asyncio.sleep(0)
        self.launch.set()
        await asyncio.gather(*answers)
        assert not any(request.terminated for request in requests), "another worker may have it"
        return [request.taken for request in requests]


async def test_of_requests_that_come_before_any_job_runs_as_many_are_taken_as_fit() -> None:
    assert await Worker().asked("a", "b", "c", "d") == [True, True, False, False]


async def test_full_worker_takes_further_jobs_of_its_own_calls() -> None:
    worker = Worker()
    await worker.asked("a", "b")
    assert await worker.asked("a", "c", "b") == [True, False, True]
    assert worker.capacity.load() == 0.5, "not so much that the server would pass it by"


async def test_call_that_is_over_makes_room_at_once() -> None:
    worker = Worker()
    await worker.asked("a", "b")
    worker.running.remove("a")
    assert worker.capacity.load() == 0.25
    assert await worker.asked("c") == [True]


async def test_job_that_was_not_assigned_holds_no_room() -> None:
    worker = Worker()
    lost = FakeRequest("a", worker.launch, worker.running)
    answering = asyncio.create_task(worker.capacity.answer(lost))
    await asyncio.sleep(0)
    answering.cancel()
    await asyncio.gather(answering, return_exceptions=True)
    assert await worker.asked("b", "c", "d") == [True, True, False]
