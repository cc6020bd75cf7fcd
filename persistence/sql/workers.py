"""Workers' leases and lost calls: `persistence.contract.workers`.

`now_ms()` is the store's clock: each connection brings it as an SQL function.
"""

from __future__ import annotations

from collections.abc import Sequence

from persistence.records import Call, CallEnd, CallId, Handoff, JobId, RoleName, Worker, WorkerId
from persistence.sql.connection import Move
from persistence.sql.rows import call_of, columns, handoff_of, worker_of
from persistence.sql.tables import Tables

_CALL, _WORKER = columns(Call), columns(Worker)
_NOW = "(SELECT now_ms())"
"""For statements that look at many rows: asks for the time once, not for each row."""
_HAS_LEASE = f"EXISTS (SELECT 1 FROM workers WHERE workers.id = calls.worker AND lease_until >= {_NOW})"

_KEEP_LEASE = Move(
    "renew_lease",
    "id",
    f"""
INSERT INTO workers ({_WORKER})
VALUES (:id, :host, now_ms(), now_ms() + :lease_ms, :draining, :room_for, :protocol)
ON CONFLICT (id) DO UPDATE
SET lease_until = excluded.lease_until, draining = excluded.draining, room_for = excluded.room_for
RETURNING id
""",
)

_END_LEASE = Move(
    "end_lease",
    "id",
    """
UPDATE workers SET lease_until = now_ms() - 1, draining = 1, room_for = 0 WHERE id = :id RETURNING id
""",
)

_LIVING_WORKERS = f"""
SELECT {_WORKER} FROM workers WHERE lease_until >= {_NOW} ORDER BY started_at DESC, id
"""

_OPEN_CALLS_OF = f"""
SELECT {_CALL} FROM calls WHERE ended_at IS NULL AND worker = :worker ORDER BY started_at, id
"""

_ORPHANED_CALLS = f"""
SELECT {_CALL}
FROM calls
WHERE ended_at IS NULL AND worker <> :but AND NOT {_HAS_LEASE}
ORDER BY started_at, id
"""

_ORDERED_HANDOFFS = f"""
SELECT {columns(Handoff)}
FROM handoffs
WHERE
    call_id IN (SELECT id FROM calls WHERE ended_at IS NULL AND worker = :worker)
    AND state = 'requested' AND requested_by NOT IN ('model', 'rule', 'deploy')
"""

_MARK_LOST = Move(
    "mark_lost",
    _CALL,
    f"""
UPDATE calls
SET lost_at = :at, worker = :by, moved_by = :by, moved_at = :at
WHERE
    id = :id AND ended_at IS NULL AND holder_job = :job AND worker = :of
    AND CASE WHEN worker = :by THEN lost_at IS NULL ELSE NOT {_HAS_LEASE} END
RETURNING {_CALL}
""",
)

# An agent that goes on with a call in line has taken its caller.
_RECOVER_CALL = Move(
    "recover_call",
    _CALL,
    f"""
UPDATE calls
SET
    holder_job = :by, holder_role = :role, worker = :worker, lost_at = NULL, moved_by = :by, moved_at = :at,
    admitted_at = CASE WHEN queued_at IS NOT NULL THEN coalesce(admitted_at, :at) END
WHERE id = :id AND ended_at IS NULL AND holder_job = :job AND lost_at IS NOT NULL
RETURNING {_CALL}
""",
)

_IN_LINE = "queued_at IS NOT NULL AND admitted_at IS NULL AND ended_at IS NULL"

_CALLS_IN_LINE = f"SELECT {_CALL} FROM calls WHERE {_IN_LINE} ORDER BY queued_at, id"

_WAIT_ON = Move(
    "wait_on",
    _CALL,
    f"""
UPDATE calls
SET holder_job = :by, worker = :worker, lost_at = NULL, moved_by = :by, moved_at = :at
WHERE id = :id AND {_IN_LINE} AND holder_job = :job
RETURNING {_CALL}
""",
)

_ADMIT_CALL = Move(
    "admit_call",
    _CALL,
    f"""
UPDATE calls
SET holder_job = :by, worker = :worker, lost_at = NULL, admitted_at = :at, moved_by = :by, moved_at = :at
WHERE id = :id AND {_IN_LINE} AND holder_job = :job
RETURNING {_CALL}
""",
)

_CLOSE_LOST = Move(
    "close_lost",
    "id",
    """
UPDATE calls
SET ended_at = :at, ended_how = :how, moved_by = :by, moved_at = :at
WHERE id = :id AND ended_at IS NULL AND lost_at IS NOT NULL AND worker = :by
RETURNING id
""",
)

_HAS_ANSWERED = """
SELECT EXISTS (
    SELECT 1
    FROM calls
    JOIN events ON events.call_id = calls.id
    WHERE
        calls.room = :room AND events.kind = 'call' AND events.actor = :job
        AND (events.moved_from IS NULL OR events.moved_from = 'caller_left')
) AS has_answered
"""

_LOSSES = """
SELECT count(*) AS losses
FROM events
WHERE call_id = :id AND kind = 'call' AND moved_to = 'lost' AND at >= :since
"""


class SqlWorkers(Tables):
    """`WorkerStore`."""

    async def keep_lease(
        self,
        worker: WorkerId,
        host: str,
        *,
        lease_s: float,
        draining: bool,
        room_for: int = 0,
        protocol: int = 1,
    ) -> None:
        values = {
            "id": worker,
            "host": host,
            "lease_ms": round(lease_s * 1000),
            "draining": draining,
            "room_for": room_for,
            "protocol": protocol,
        }
        await self._writer.moved(_KEEP_LEASE, values)

    async def end_lease(self, worker: WorkerId) -> None:
        await self._writer.moved(_END_LEASE, {"id": worker})

    async def living_workers(self) -> Sequence[Worker]:
        return [worker_of(row) for row in await self._read(_LIVING_WORKERS, {})]

    async def open_calls_of(self, worker: WorkerId) -> Sequence[Call]:
        return [call_of(row) for row in await self._read(_OPEN_CALLS_OF, {"worker": worker})]

    async def orphaned_calls(self, *, but: WorkerId) -> Sequence[Call]:
        return [call_of(row) for row in await self._read(_ORPHANED_CALLS, {"but": but})]

    async def ordered_handoffs(self, worker: WorkerId) -> Sequence[Handoff]:
        return [handoff_of(row) for row in await self._read(_ORDERED_HANDOFFS, {"worker": worker})]

    async def mark_lost(self, call_id: CallId, *, job: JobId, of: WorkerId, by: WorkerId, at: int) -> Call:
        values = {"id": call_id, "job": job, "of": of, "by": by, "at": at}
        return call_of(await self._writer.moved(_MARK_LOST, values))

    async def recover_call(
        self, call_id: CallId, *, job: JobId, by: JobId, role: RoleName, worker: WorkerId, at: int
    ) -> Call:
        values = {"id": call_id, "job": job, "by": by, "role": role, "worker": worker, "at": at}
        return call_of(await self._writer.moved(_RECOVER_CALL, values))

    async def calls_in_line(self) -> Sequence[Call]:
        return [call_of(row) for row in await self._read(_CALLS_IN_LINE, {})]

    async def wait_on(self, call_id: CallId, *, job: JobId, by: JobId, worker: WorkerId, at: int) -> Call:
        values = {"id": call_id, "job": job, "by": by, "worker": worker, "at": at}
        return call_of(await self._writer.moved(_WAIT_ON, values))

    async def admit_call(self, call_id: CallId, *, job: JobId, by: JobId, worker: WorkerId, at: int) -> Call:
        values = {"id": call_id, "job": job, "by": by, "worker": worker, "at": at}
        return call_of(await self._writer.moved(_ADMIT_CALL, values))

    async def close_lost(self, call_id: CallId, how: CallEnd, *, by: WorkerId, at: int) -> bool:
        values = {"id": call_id, "how": how, "by": by, "at": at}
        return await self._writer.changed(_CLOSE_LOST, values) is not None

    async def has_answered(self, room: str, job: JobId) -> bool:
        (row,) = await self._read(_HAS_ANSWERED, {"room": room, "job": job})
        return bool(row["has_answered"])

    async def losses(self, call_id: CallId, *, since: int) -> int:
        (row,) = await self._read(_LOSSES, {"id": call_id, "since": since})
        return int(row["losses"])
