"""Arrivals at twice the pace that the worker carries, for some minutes, after one call alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.load.calling import baton_call, calling
from bench.load.plan import Heard
from bench.load.shares import used_in
from bench.support.environment import Environment, rest
from bench.support.statistics import percentile, ratio
from persistence.records import Call

_MANY = 100_000
_MUCH_LATER_MS = 1_000
"""Two callers taken within this time of each other count as in order either way."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What callers heard when more came than the worker carries. `cores`: those that the callers used."""

    alone: Sequence[Heard]
    heard: Sequence[Heard]
    calls: Sequence[Call]
    asked_again: int
    cores: float

    def figures(self) -> dict[str, object]:
        """Return the figures, times in s. `lost`: callers who heard no voice or whose room was closed."""
        turns, alone = _turns(self.heard), _turns(self.alone)
        return {
            "arrived": len(self.heard),
            "taken": sum(each.taken_s is not None for each in self.heard),
            "waited_in_line": sum(call.queued_at is not None for call in self.calls),
            "taken_out_of_order": out_of_order(self.calls),
            "gave_up": sum(each.gave_up for each in self.heard),
            "lost": sum(bool(each.lost) for each in self.heard),
            "greeted_p95_s": _p95([each.greeted_s for each in self.heard if each.greeted_s is not None]),
            "turn_p95_s": _p95(turns),
            "alone_turn_p95_s": _p95(alone),
            "turn_ratio": ratio(_p95(turns), _p95(alone)),
            "longest_silence_s": max((s for each in self.heard for s in each.silences_s), default=None),
            "unanswered": sum(each.unanswered for each in self.heard),
            "asked_again": self.asked_again,
            "callers_late_s": round(max((each.late_s for each in self.heard), default=0.0), 3),
            "arrivals_callers_cores": round(self.cores, 2),
        }


async def arrivals(
    env: Environment, *, carries: int, minutes: float, talk_s: float, patience_s: float
) -> Arrivals:
    """Play one call alone, then a caller every `talk_s / (2 * carries)` seconds. Raises: NotMeasured."""
    await rest()
    async with calling(env, [baton_call(env, 0.0, 2 * talk_s)], patience_s=patience_s) as callers:
        alone = await callers.until_over()
    await rest()
    every_s = talk_s / (2 * carries)
    planned = [
        baton_call(env, number * every_s, talk_s, waits=True)
        for number in range(round(60 * minutes / every_s))
    ]
    rooms = {call.room for call in planned}
    async with calling(env, planned, patience_s=patience_s) as callers:
        used = await used_in({"callers": callers.process_id}, 60 * minutes)
        heard = await callers.until_over()
    calls = [call for call in await env.store.calls(limit=_MANY) if call.room in rooms]
    return Arrivals(alone, heard, calls, await _asked_again(env, calls), used["callers"].cores)


def out_of_order(calls: Sequence[Call]) -> int:
    """Count callers in line who were taken clearly later than somebody who came after them."""
    queued = sorted(
        (call.queued_at, call.admitted_at)
        for call in calls
        if call.queued_at is not None and call.admitted_at is not None
    )
    return sum(
        any(later + _MUCH_LATER_MS < admitted for _, later in queued[place + 1 :])
        for place, (_, admitted) in enumerate(queued)
    )


async def _asked_again(env: Environment, calls: Sequence[Call]) -> int:
    """Count how often an agent asked a caller to say something again."""
    lines = env.roster.role(env.first).spoken_lines
    asking = {lines.not_understood, lines.still_not_understood, env.script.roles[env.first].otherwise}
    turns = [turn for call in calls for turn in await env.store.turns(call.id)]
    return sum(turn.speaker == env.first and turn.text in asking for turn in turns)


def _turns(heard: Sequence[Heard]) -> list[float]:
    return [turn for each in heard for turn in each.turns_s]


def _p95(values: Sequence[float]) -> float | None:
    return round(percentile(values, 95), 3) if values else None
