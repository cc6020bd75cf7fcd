"""How many calls fit: the least that the machine, the budget and the ceiling allow."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agents.admission.arrivals import Arrivals
from agents.admission.capacity import Capacity
from agents.admission.machine import Machine, free_memory
from agents.admission.room_for_calls import (
    CALL_MEMORY,
    SPARE_MEMORY,
    STARTING_S,
    MachineLoad,
    Room,
    room_for_calls,
)

IDLE = MachineLoad(cores=4, busy=0.1, lag_s=0.0, free_memory=16 << 30)


def room(
    load: MachineLoad | None = IDLE,
    *,
    calls: int = 4,
    starting: int = 0,
    ceiling: int = 20,
    busy_limit: float = 0.75,
    budget: int | None = None,
) -> Room:
    return room_for_calls(
        load, calls=calls, starting=starting, ceiling=ceiling, busy_limit=busy_limit, budget=budget
    )


def test_before_anything_is_measured_only_the_ceiling_counts() -> None:
    assert room(None, calls=3, ceiling=5) == Room(2, "BATON_CALLS_AT_ONCE")
    assert room(None, calls=7, ceiling=5).calls == 0


def test_no_more_calls_than_may_start_side_by_side_fit_at_once() -> None:
    assert room() == Room(8, "processor")  # 2.6 of 4 cores are free; a starting call takes 0.3
    assert room(starting=4).calls == 4, "their load is not measured yet"


def test_a_busy_processor_allows_none_and_says_so() -> None:
    assert room(replace(IDLE, busy=0.74)) == Room(0, "processor")
    assert room(replace(IDLE, busy=1.0)).calls == 0


def test_a_late_event_loop_allows_none() -> None:
    assert room(replace(IDLE, lag_s=0.4)) == Room(0, "event loop")


def test_memory_for_two_calls_allows_two() -> None:
    assert room(replace(IDLE, free_memory=SPARE_MEMORY + 2 * CALL_MEMORY)) == Room(2, "memory")
    assert room(replace(IDLE, free_memory=0)).calls == 0


def test_a_worker_without_a_call_takes_one_on_however_busy_a_machine() -> None:
    assert room(MachineLoad(2, 1.0, 2.0, 0), calls=0).calls == 1
    assert room(MachineLoad(2, 1.0, 2.0, 0), calls=1).calls == 0


def test_the_budget_counts_even_for_the_first_call() -> None:
    assert room(calls=0, budget=0) == Room(0, "budget")
    assert room(budget=3) == Room(3, "budget")


def test_at_a_limit_of_one_neither_the_processor_nor_the_lag_is_looked_at() -> None:
    assert room(MachineLoad(2, 1.0, 2.0, 16 << 30), busy_limit=1.0) == Room(16, "BATON_CALLS_AT_ONCE")


def test_a_call_counts_as_starting_for_a_few_seconds() -> None:
    now, rooms = [0.0], ["a"]
    capacity = Capacity(20, 0.75, lambda: rooms, lambda: now[0])
    capacity.load = lambda: MachineLoad(cores=2, busy=0.3, lag_s=0, free_memory=16 << 30)
    assert capacity.room().calls == 2
    now[0] = STARTING_S + 1
    assert capacity.room().calls == 3


def test_nothing_is_known_of_the_machine_before_the_first_second() -> None:
    assert Machine().load() is None


@pytest.mark.parametrize(("most", "free"), [("max", None), ("1000", 700)])
def test_a_container_may_take_less_memory_than_the_machine_has(
    tmp_path: Path, most: str, free: int | None
) -> None:
    (tmp_path / "memory.max").write_text(most)
    (tmp_path / "memory.current").write_text("500\n")
    (tmp_path / "memory.stat").write_text("anon 300\ninactive_file 200\n")
    assert free_memory(tmp_path) == free if free is not None else free_memory(tmp_path) > 1_000


def test_warm_processes_follow_the_arrivals_and_go_back_to_the_least() -> None:
    arrivals = Arrivals()
    for second in range(6):
        arrivals.arrived(float(second))
    assert arrivals.warm_processes(6.0, least=2, room=20) == 6
    assert arrivals.warm_processes(6.0, least=2, room=4) == 4, "no more than fit"
    assert arrivals.warm_processes(6.0, least=2, room=0) == 2, "handoffs need them too"
    assert arrivals.warm_processes(13.5, least=2, room=20) == 2


def test_a_flood_of_arrivals_keeps_no_more_than_eight_warm() -> None:
    arrivals = Arrivals()
    for _ in range(50):
        arrivals.arrived(1.0)
    assert arrivals.warm_processes(1.0, least=2, room=40) == 8
