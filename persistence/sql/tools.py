"""What the roles' own tools did: `persistence.contract.tools`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from errors import StaleHandoff
from persistence.records import CallId, JobId, ToolUse, ToolUseId, ToolUseState
from persistence.sql.connection import Move
from persistence.sql.rows import columns, tool_use_of
from persistence.sql.tables import Tables

_USE = columns(ToolUse)

_IN_ITS_WAY = """
call_id = :call_id AND tool = :tool AND once = 1 AND :once = 1
AND (
    (arguments_hash = :arguments_hash AND state <> 'failed')
    OR (job <> :job AND state IN ('begun', 'late', 'unknown'))
)
"""

_BEGIN = Move(
    "begin_tool_use",
    _USE,
    f"""
INSERT INTO tool_uses (
    id, call_id, seq, role, tool, arguments, arguments_hash, idempotency_key, once, job, began_at
)
SELECT
    :id, id, next_entry, :role, :tool, :arguments, :arguments_hash, :idempotency_key, :once, :job, :began_at
FROM calls
WHERE
    id = :call_id AND ended_at IS NULL AND holder_job = :job
    AND NOT EXISTS (SELECT 1 FROM tool_uses WHERE {_IN_ITS_WAY})
ON CONFLICT (call_id, tool, arguments_hash) WHERE once = 1 DO UPDATE
SET id = excluded.id, role = excluded.role, job = excluded.job, began_at = excluded.began_at,
    state = 'begun', ended_at = NULL, answer = ''
WHERE tool_uses.state = 'failed'
RETURNING {_USE}
""",
)

_STANDING = f"SELECT {_USE} FROM tool_uses WHERE {_IN_ITS_WAY} ORDER BY arguments_hash <> :arguments_hash"

_END = Move(
    "end_tool_use",
    _USE,
    f"""
UPDATE tool_uses
SET state = :state, answer = :answer, ended_at = :at
WHERE id = :id AND job = :job AND state IN ('begun', 'unknown')
RETURNING {_USE}
""",
)

_LOSE = Move(
    "lose_tool_uses",
    "id",
    """
UPDATE tool_uses
SET state = 'unknown', ended_at = :at
WHERE call_id = :call_id AND state = 'begun' AND job <> :by
RETURNING id
""",
)

_USES = f"SELECT {_USE} FROM tool_uses WHERE call_id = :call_id ORDER BY seq"


class SqlTools(Tables):
    """`ToolStore`."""

    async def begin_tool_use(self, use: ToolUse) -> ToolUse:
        values = {**asdict(use), "once": int(use.once)}
        if row := await self._writer.changed(_BEGIN, values):
            return tool_use_of(row)
        if rows := await self._read(_STANDING, values):
            return tool_use_of(rows[0])
        raise StaleHandoff("the call is over, or has another holder")

    async def end_tool_use(
        self, use_id: ToolUseId, state: ToolUseState, *, job: JobId, answer: str, at: int
    ) -> ToolUse:
        values = {"id": use_id, "state": state, "job": job, "answer": answer, "at": at}
        return tool_use_of(await self._writer.moved(_END, values))

    async def lose_tool_uses(self, call_id: CallId, *, by: JobId, at: int) -> None:
        await self._writer.changed(_LOSE, {"call_id": call_id, "by": by, "at": at})

    async def tool_uses(self, call_id: CallId) -> Sequence[ToolUse]:
        return [tool_use_of(row) for row in await self._read(_USES, {"call_id": call_id})]
