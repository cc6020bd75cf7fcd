"""Steady talk: what a call costs in processor time and memory, in Baton's worker and in the plain one."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.load.calling import baton_call, calling, plain_call
from bench.load.plan import Heard
from bench.load.shares import busiest, memory_of, tree, used_in
from bench.support.environment import Environment, NotMeasured, rest

_APART_S = 0.5
_TURN_S = 10.0
"""Seconds from the start of one line to the next. LiveKit's session answers later, so callers who waited
for answers would give it less work."""
_BEFORE_S = 12.0  # from the first join until all have been greeted and talk
_AFTER_S = 3.0


@dataclass(frozen=True, slots=True)
class Steady:
    """One stretch of one side. `others`: the cores that the other programs used meanwhile.

    Memory is of the calls' processes. Pages that processes share are split evenly among them; `own` counts a
    process's private pages. `worker_memory_mib` is everything the worker runs, including warm processes.
    """

    side: str
    core_a_call: float
    memory_mib_a_call: float
    own_memory_mib_a_call: float
    worker_memory_mib: float
    others: Mapping[str, float]
    heard: Sequence[Heard]

    def __str__(self) -> str:
        turns = [turn for each in self.heard for turn in each.turns_s]
        others = ", ".join(f"{name} {cores:.2f}" for name, cores in self.others.items())
        return (
            f"{self.side}: {self.core_a_call:.3f} core and {self.memory_mib_a_call:.0f} MiB a call "
            f"({self.own_memory_mib_a_call:.0f} its own; the worker {self.worker_memory_mib:.0f}), "
            f"{len(turns)} turns of {statistics.median(turns or [0]):.2f} s; cores of others: {others}"
        )


async def steady(
    env: Environment, side: str, worker: int, others: Mapping[str, int], *, calls: int, seconds: float
) -> Steady:
    """Play one stretch and measure it. `worker` and `others` are process ids. Raises: NotMeasured."""
    await rest()
    make = baton_call if side == "baton" else plain_call
    talk_s = _BEFORE_S + seconds + _AFTER_S
    planned = [
        make(env, number * _APART_S, talk_s - number * _APART_S).model_copy(update={"every_s": _TURN_S})
        for number in range(calls)
    ]
    async with calling(env, planned, patience_s=talk_s) as callers:
        await used_in({}, _BEFORE_S)
        roots = {"worker": worker, "callers": callers.process_id, **others}
        used = await used_in(roots, seconds)
        memory = {pid: memory_of(pid) for pid in tree(worker)}
        heard = await callers.until_over()
    if lost := [each.lost for each in heard if each.lost]:
        raise NotMeasured(f"{side}: {len(lost)} of {calls} callers were lost: {lost[0]}")
    serving = [memory[pid] for pid in busiest(used["worker"], calls) if pid in memory]
    return Steady(
        side,
        used["worker"].cores / calls,
        sum(each.shared_out_mib for each in serving) / calls,
        sum(each.own_mib for each in serving) / calls,
        sum(each.shared_out_mib for each in memory.values()),
        {name: one.cores for name, one in used.items() if name != "worker"},
        heard,
    )
