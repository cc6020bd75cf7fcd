"""Groq's limits that are spent: `persistence.contract.limits`."""

from __future__ import annotations

from collections.abc import Sequence

from persistence.records import SpentLimit, WorkerId
from persistence.sql.connection import Move
from persistence.sql.tables import Tables

# What is over is no reason to keep a time.
_NOTE = Move(
    "note_spent_limit",
    "account",
    """
INSERT INTO spent_limits (account, model, day, since, until)
VALUES (:account, :model, :day, now_ms(), now_ms() + :for_ms)
ON CONFLICT (account, model) DO UPDATE
SET
    since = CASE WHEN until > now_ms() THEN since ELSE excluded.since END,
    day = CASE WHEN until > excluded.until THEN day ELSE excluded.day END,
    until = max(until, excluded.until)
""",
)

_LIFT = Move(
    "lift_spent_limit",
    "account",
    "DELETE FROM spent_limits WHERE account = :account AND model = :model",
)

_SPENT = """
SELECT account, model, day, since, until, until - now_ms() AS left_ms
FROM spent_limits
WHERE until > now_ms()
ORDER BY account, model
"""

_CALLS_OF_OTHERS = """
SELECT count(*) AS calls
FROM calls
WHERE ended_at IS NULL AND worker <> :but AND (queued_at IS NULL OR admitted_at IS NOT NULL)
"""


class SqlLimits(Tables):
    """`LimitStore`."""

    async def note_spent_limit(self, account: str, model: str, *, day: bool, for_s: float) -> None:
        values = {"account": account, "model": model, "day": day, "for_ms": round(1000 * for_s)}
        await self._writer.changed(_NOTE, values)

    async def lift_spent_limit(self, account: str, model: str) -> None:
        await self._writer.changed(_LIFT, {"account": account, "model": model})

    async def spent_limits(self) -> Sequence[SpentLimit]:
        return [SpentLimit(**{**dict(row), "day": bool(row["day"])}) for row in await self._read(_SPENT, {})]

    async def calls_of_others(self, *, but: WorkerId) -> int:
        (row,) = await self._read(_CALLS_OF_OTHERS, {"but": but})
        return int(row["calls"])
