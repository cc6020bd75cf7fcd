"""How many further calls a worker can carry well. Pure: no clock, no I/O."""

from __future__ import annotations

from dataclasses import dataclass

CALL_CORES = 0.12
"""Processors that a call takes: 0.08 for steady talk (docs/measurements.md), plus a reserve for handoffs."""

STARTING_CORES = 0.3
"""The same for a call that has just begun: its process joins, its session starts, and it greets."""

STARTING_S = 3.0
"""How long a call counts as starting: the measured load does not include it yet."""

CALL_MEMORY = 150 << 20
"""Bytes that a call's process takes for itself: about 80 MiB, and more during a handoff."""

SPARE_MEMORY = 256 << 20
"""Bytes that stay free for the rest of the machine."""

LAG_LIMIT_S = 0.25
"""Callers notice an event loop that lags by more than this."""

LEAST_CALLS = 1
"""A worker without a call takes one, however busy the machine is: waiting would not help that caller."""


@dataclass(frozen=True, slots=True)
class MachineLoad:
    """What a worker has measured: over the last seconds, so that one busy moment turns nobody away."""

    cores: float  # processors that this worker may use
    busy: float  # share of them in use, by anybody, from 0 to 1
    lag_s: float  # how late the worker's event loop was at worst
    free_memory: int  # bytes


@dataclass(frozen=True, slots=True)
class Room:
    """`calls` more fit; `bound_by` names the limit that allows no more."""

    calls: int
    bound_by: str


def room_for_calls(
    load: MachineLoad | None,
    *,
    calls: int,
    starting: int,
    ceiling: int,
    busy_limit: float,
    budget: int | None,
) -> Room:
    """Return how many more calls fit. `calls` are here, `starting` of them for less than STARTING_S.

    `load`: None before the first measurement. `busy_limit`: the share of the processors that may be in use;
    1 ignores processors and lag. `budget`: how many more calls the account's limits carry; None: unknown.
    """
    limits = [Room(ceiling - calls, "BATON_CALLS_AT_ONCE")]
    if budget is not None:
        limits.append(Room(budget, "budget"))
    if load is not None:
        least = max(0, LEAST_CALLS - calls)
        limits += [Room(max(least, fits), by) for fits, by in _machine(load, starting, busy_limit)]
    tightest = min(limits, key=lambda room: room.calls)
    return Room(max(0, tightest.calls), tightest.bound_by)


def _machine(load: MachineLoad, starting: int, busy_limit: float) -> list[tuple[int, str]]:
    memory = load.free_memory - SPARE_MEMORY - starting * CALL_MEMORY
    found = [(memory // CALL_MEMORY, "memory")]
    if busy_limit < 1:
        free = load.cores * (busy_limit - load.busy) - starting * STARTING_CORES
        found.append((_fitting(free), "processor"))
        if load.lag_s > LAG_LIMIT_S:
            found.append((0, "event loop"))
    return found


def _fitting(free_cores: float) -> int:
    """Return how many calls fit for good, but no more than may start side by side."""
    return max(0, min(int(free_cores / CALL_CORES), int(free_cores / STARTING_CORES)))
