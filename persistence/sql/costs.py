"""What calls cost: `persistence.contract.costs`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields

from persistence.records import CallId, Cost, JobId, Used
from persistence.sql.connection import Move, Row
from persistence.sql.tables import Tables

_KEY = ("call_id", "job", "model", "thrown_away")
_FIGURES = tuple(field.name for field in fields(Used))
_COLUMNS = ", ".join((*_KEY, *_FIGURES))

# One statement for any number of rows. WHERE TRUE: without it, ON CONFLICT would be read as part of a join.
_SAVE = Move(
    "save_costs",
    "call_id",
    f"""
INSERT INTO costs ({_COLUMNS})
SELECT {", ".join(f"value ->> '{name}'" for name in (*_KEY, *_FIGURES))}
FROM json_each(:rows)
WHERE TRUE
ON CONFLICT DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _FIGURES)}
""",
)

_COSTS = f"SELECT {_COLUMNS} FROM costs WHERE call_id = :call_id ORDER BY model, thrown_away, job"

_BY_MODEL = f"""
SELECT model, thrown_away, {", ".join(f"CAST(sum({name}) AS bigint) AS {name}" for name in _FIGURES)}
FROM costs
GROUP BY model, thrown_away
ORDER BY model, thrown_away
"""


class SqlCosts(Tables):
    """`CostStore`."""

    async def save_costs(self, costs: Sequence[Cost]) -> None:
        rows = [
            {
                "call_id": cost.call_id,
                "job": cost.job,
                "model": cost.model,
                "thrown_away": int(cost.thrown_away),
                **asdict(cost.used),
            }
            for cost in costs
        ]
        await self._writer.changed(_SAVE, {"rows": json.dumps(rows)})

    async def costs(self, call_id: CallId) -> Sequence[Cost]:
        rows = await self._read(_COSTS, {"call_id": call_id})
        return [
            Cost(call_id, JobId(row["job"]), row["model"], bool(row["thrown_away"]), _used(row))
            for row in rows
        ]

    async def costs_by_model(self) -> Mapping[tuple[str, bool], Used]:
        return {
            (row["model"], bool(row["thrown_away"])): _used(row) for row in await self._read(_BY_MODEL, {})
        }


def _used(row: Row) -> Used:
    return Used(**{name: row[name] for name in _FIGURES})
