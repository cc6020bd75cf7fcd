"""Metrics as aggregates: `persistence.contract.metrics`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from persistence.contract.metrics import Durations
from persistence.records import CallEnd, HandoffState, Lookup, RoleName, ToolUseState
from persistence.sql.connection import Row
from persistence.sql.tables import Tables
from persistence.words import word_of

_HANDOFFS = """
SELECT state, target, count(*) AS handoffs
FROM handoffs
WHERE ended_at IS NOT NULL
GROUP BY state, target
"""

_CALLS_HELD = "SELECT count(*) FROM calls WHERE ended_at IS NULL"
_CALLS_WAITING = f"{_CALLS_HELD} AND queued_at IS NOT NULL AND admitted_at IS NULL"
_CALLS_ENDED = "SELECT ended_how, count(*) FROM calls WHERE ended_at IS NOT NULL GROUP BY ended_how"
_ERRORS = "SELECT part, error, count(*) FROM troubles GROUP BY part, error"

# From handoffs and attempts, not from events, most of which are turns. Among 700,000 events, the steps of
# 20,000 handoffs took 1 s to read (on a loaded machine), and every other read waited for it.
_STEPS = """
SELECT
    'requested' AS step,
    coalesce((SELECT min(started_at) FROM attempts WHERE handoff_id = handoffs.id), ended_at)
    - requested_at AS took_ms
FROM handoffs
UNION ALL
SELECT 'dispatching', coalesce(claimed_at, ended_at) - started_at FROM attempts
UNION ALL
SELECT 'briefing', coalesce(accepted_at, ended_at) - claimed_at FROM attempts
UNION ALL
SELECT 'accepted', ended_at - accepted_at FROM attempts
"""
_TOOL_USES = "SELECT tool, state, count(*) FROM tool_uses GROUP BY tool, state"
_LOOKUPS = "SELECT moved_to, count(*) FROM events WHERE kind = 'knowledge' GROUP BY moved_to"
_TOOLS_TOOK = "SELECT tool AS step, ended_at - began_at AS took_ms FROM tool_uses WHERE state = 'done'"
_SUM = "CAST(sum(CASE WHEN took_ms > 0 THEN took_ms ELSE 0 END) AS bigint)"
_MEASURED = "SELECT '' AS step, {} AS took_ms FROM handoffs WHERE ended_at IS NOT NULL"


class SqlMetrics(Tables):
    """The metrics part of the store."""

    async def handoffs_by_outcome(self) -> Mapping[tuple[HandoffState, RoleName], int]:
        rows = await self._read(_HANDOFFS, {})
        return {(word_of(HandoffState, state), RoleName(target)): count for state, target, count in rows}

    async def step_durations(self, bounds_ms: Sequence[int]) -> Mapping[HandoffState, Durations]:
        rows = await self._durations(_STEPS, bounds_ms)
        return {HandoffState(row["step"]): _durations_of(row) for row in rows}

    async def seams(self, bounds_ms: Sequence[int]) -> Durations:
        return await self._whole(_MEASURED.format("seam_ms"), bounds_ms)

    async def silences(self, bounds_ms: Sequence[int]) -> Durations:
        return await self._whole(_MEASURED.format("silence_ms"), bounds_ms)

    async def times_on_hold(self, bounds_ms: Sequence[int]) -> Durations:
        return await self._whole(_MEASURED.format("on_hold_ms"), bounds_ms)

    async def hold_music(self, bounds_ms: Sequence[int]) -> Durations:
        return await self._whole(_MEASURED.format("music_ms"), bounds_ms)

    async def times_to_target(self, bounds_ms: Sequence[int]) -> Durations:
        return await self._whole(_MEASURED.format("time_to_target_ms"), bounds_ms)

    async def calls_held(self) -> int:
        (row,) = await self._read(_CALLS_HELD, {})
        return int(row[0])

    async def calls_waiting(self) -> int:
        (row,) = await self._read(_CALLS_WAITING, {})
        return int(row[0])

    async def calls_by_end(self) -> Mapping[CallEnd, int]:
        return {word_of(CallEnd, how): count for how, count in await self._read(_CALLS_ENDED, {})}

    async def model_errors(self) -> Mapping[tuple[str, str], int]:
        return {(part, error): count for part, error, count in await self._read(_ERRORS, {})}

    async def tool_uses_by_state(self) -> Mapping[tuple[str, ToolUseState], int]:
        rows = await self._read(_TOOL_USES, {})
        return {(tool, word_of(ToolUseState, state)): count for tool, state, count in rows}

    async def lookups_by_outcome(self) -> Mapping[Lookup, int]:
        return {word_of(Lookup, outcome): count for outcome, count in await self._read(_LOOKUPS, {})}

    async def tool_durations(self, bounds_ms: Sequence[int]) -> Mapping[str, Durations]:
        rows = await self._durations(_TOOLS_TOOK, bounds_ms)
        return {row["step"]: _durations_of(row) for row in rows}

    async def _whole(self, source: str, bounds_ms: Sequence[int]) -> Durations:
        rows = await self._durations(source, bounds_ms)
        return _durations_of(rows[0]) if rows else Durations((0,) * len(bounds_ms), 0, 0)

    async def _durations(self, source: str, bounds_ms: Sequence[int]) -> list[Row]:
        """One row a step: how many durations are within each bound, then their count and their sum."""
        buckets = [f"count(*) FILTER (WHERE took_ms <= :bound_{place})" for place in range(len(bounds_ms))]
        columns = ", ".join([*buckets, "count(*)", _SUM, "step"])
        statement = f"SELECT {columns} FROM ({source}) AS steps WHERE took_ms IS NOT NULL GROUP BY step"
        return await self._read(statement, {f"bound_{place}": ms for place, ms in enumerate(bounds_ms)})


def _durations_of(row: Row) -> Durations:
    *at_most, count, sum_ms, _step = row
    return Durations(tuple(at_most), count, sum_ms)
