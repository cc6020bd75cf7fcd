"""Which callers are taken out of the line, by which worker, and when."""

from __future__ import annotations

from dataclasses import replace

from agents.admission.admission import Admission
from agents.admission.capacity import Capacity
from agents.admission.line_keeper import LineKeeper
from persistence.records import JobId, WorkerId
from tests.contract.building import WORKER, a_call
from tests.support.memory_store import MemoryStore
from transfer.protocol import AdmitCall, read_dispatch

OTHER = WorkerId("worker-other")


class World:
    """One worker with room for two calls. Other workers may have calls in the same store."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.now, self.draining = 0.0, False
        self.running: list[str] = []
        self.started: list[str] = []
        self.taken_up: list[str] = []
        self.opened = 0
        self.capacity = Capacity(2, 1.0, lambda: self.running, lambda: self.now)
        self.admission = Admission(self.capacity, lambda: self.now)
        self.keeper = LineKeeper(
            self.store,
            self.admission,
            WORKER,
            start=self._start,
            take_up=lambda call: self.taken_up.append(call.id),
            open_waiting_room=self._open,
            draining=lambda: self.draining,
            now=lambda: self.now,
        )

    async def in_line(self, *numbers: int, worker: WorkerId = WORKER) -> None:
        for number in numbers:
            call = a_call(call_id=f"call-{number}", room=f"room-{number}", job=JobId(f"waiting-{number}"))
            await self.store.open_call(replace(call, worker=worker, queued_at=number))

    async def other_worker(self, *, draining: bool = False, room_for: int = 0) -> None:
        await self.store.keep_lease(OTHER, "host", lease_s=60, draining=draining, room_for=room_for)

    async def _start(self, room: str, metadata: str) -> None:
        assert isinstance(read_dispatch(metadata), AdmitCall)
        self.started.append(room)

    def _open(self) -> None:
        self.opened += 1


async def test_callers_are_taken_in_their_order_as_many_as_fit_and_each_once() -> None:
    world = World()
    await world.in_line(3, 1, 2)
    await world.keeper.poll()
    await world.keeper.poll()
    assert world.started == ["room-1", "room-2"]


async def test_the_next_is_taken_as_soon_as_there_is_room() -> None:
    world = World()
    world.running = ["a", "b"]
    await world.in_line(1, 2)
    await world.keeper.poll()
    assert world.started == []
    world.running = ["a"]
    await world.keeper.poll()
    assert world.started == ["room-1"]


async def test_a_caller_of_another_workers_waiting_room_is_taken_where_there_is_room() -> None:
    world = World()
    await world.other_worker()
    await world.in_line(1, worker=OTHER)
    await world.keeper.poll()
    assert world.started == ["room-1"]
    assert world.taken_up == [], "the other worker's waiting room lives"


async def test_a_caller_whose_agent_never_came_is_taken_again() -> None:
    world = World()
    await world.in_line(1)
    await world.keeper.poll()
    world.now += 7
    await world.keeper.poll()
    assert world.started == ["room-1", "room-1"]


async def test_an_agent_that_found_nobody_is_not_started_again_at_once_and_the_next_caller_is_taken() -> None:
    world = World()
    world.running = ["a"]
    await world.in_line(1, 2)
    await world.keeper.poll()
    world.capacity.not_coming("room-1")  # its agent has joined and left again
    world.now += 0.5
    await world.keeper.poll()
    assert world.started == ["room-1", "room-2"]
    world.running = []
    world.now += 3
    await world.keeper.poll()
    assert world.started == ["room-1", "room-2", "room-1"]


async def test_a_caller_whose_waiting_room_is_lost_is_left_to_recovery_first() -> None:
    world = World()
    await world.in_line(1)
    await world.store.mark_lost("call-1", job=JobId("waiting-1"), of=WORKER, by=WORKER, at=5)  # type: ignore[arg-type]
    await world.keeper.poll()
    assert world.started == []


async def test_a_full_worker_takes_up_the_callers_of_a_worker_that_drains() -> None:
    world = World()
    world.running = ["a", "b"]
    await world.other_worker(draining=True)
    await world.in_line(1, 2, worker=OTHER)
    await world.keeper.poll()
    await world.keeper.poll()
    assert world.taken_up == ["call-1", "call-2"]


async def test_a_draining_worker_leaves_its_callers_to_another_and_else_goes_on_with_them() -> None:
    world = World()
    world.draining = True
    await world.in_line(1)
    await world.other_worker(room_for=1)
    await world.keeper.poll()
    assert world.started == []
    await world.store.end_lease(OTHER)
    await world.keeper.poll()
    assert world.started == ["room-1"]


async def test_the_line_and_the_room_elsewhere_are_told_to_the_admission() -> None:
    world = World()
    world.running = ["a", "b"]
    await world.in_line(1)
    await world.other_worker(room_for=3)
    await world.keeper.poll()
    assert (world.admission.in_line, world.admission.elsewhere) == (frozenset({"room-1"}), 3)


async def test_the_waiting_room_is_made_ready_before_the_worker_is_full() -> None:
    world = World()
    await world.keeper.poll()
    assert world.opened == 1, "there is room for two calls: the third will wait"
