"""What Baton measures itself by: `persistence.contract.metrics`."""

from __future__ import annotations

from collections.abc import Sequence

from persistence.contract.metrics import CallOver, Ending, Failure, Heard, Move
from persistence.records import CallEnd, HandoffState, RoleName
from persistence.sqlite.reads import SqliteReader

# The events of one call are few, and their index is in order: the move before is found at once.
_MOVES = """
SELECT
    events.id,
    events.moved_from,
    events.moved_to,
    handoffs.target,
    events.at - (
        SELECT earlier.at
        FROM events AS earlier
        WHERE
            earlier.call_id = events.call_id AND earlier.kind = 'handoff'
            AND earlier.subject = events.subject AND earlier.id < events.id
        ORDER BY earlier.id DESC
        LIMIT 1
    ) AS took_ms
FROM events
INNER JOIN handoffs ON handoffs.id = events.subject
WHERE events.id > :after AND events.kind = 'handoff'
ORDER BY events.id
LIMIT :limit
"""

# A role may be called as an end is: an end is told by what the call itself says.
_CALLS_OVER = """
SELECT events.id, events.moved_to
FROM events
INNER JOIN calls ON calls.id = events.subject
WHERE
    events.id > :after AND events.kind = 'call'
    AND events.moved_to = calls.ended_how AND events.at = calls.ended_at
ORDER BY events.id
LIMIT :limit
"""

_HEARD = """
SELECT ended_at, id, seam_ms, silence_ms
FROM handoffs
WHERE (ended_at, id) > (:ended_at, :id) AND ended_at < :until
ORDER BY ended_at, id
LIMIT :limit
"""

_FAILURES = "SELECT rowid, part, error FROM troubles WHERE rowid > :after ORDER BY rowid LIMIT :limit"

_CALLS_HELD = "SELECT count(*) FROM calls WHERE ended_at IS NULL"


class SqliteMeasures(SqliteReader):
    """The measuring part of the store."""

    async def moves(self, *, after: int, limit: int) -> Sequence[Move]:
        rows = await self._read(_MOVES, {"after": after, "limit": limit})
        return [
            Move(
                row["id"],
                HandoffState(row["moved_from"]) if row["moved_from"] else None,
                HandoffState(row["moved_to"]),
                RoleName(row["target"]),
                row["took_ms"],
            )
            for row in rows
        ]

    async def calls_over(self, *, after: int, limit: int) -> Sequence[CallOver]:
        rows = await self._read(_CALLS_OVER, {"after": after, "limit": limit})
        return [CallOver(row["id"], CallEnd(row["moved_to"])) for row in rows]

    async def heard(self, *, after: Ending, until: int, limit: int) -> Sequence[Heard]:
        ended_at, handoff_id = after
        values = {"ended_at": ended_at, "id": handoff_id, "until": until, "limit": limit}
        rows = await self._read(_HEARD, values)
        return [Heard((row["ended_at"], row["id"]), row["seam_ms"], row["silence_ms"]) for row in rows]

    async def failures(self, *, after: int, limit: int) -> Sequence[Failure]:
        rows = await self._read(_FAILURES, {"after": after, "limit": limit})
        return [Failure(*row) for row in rows]

    async def calls_held(self) -> int:
        (row,) = await self._read(_CALLS_HELD, {})
        return int(row[0])
