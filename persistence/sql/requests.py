"""Operators' requests, approvals and redirections: `persistence.contract.requests`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from errors import StaleHandoff
from persistence.records import (
    Call,
    CallId,
    Handoff,
    HandoffId,
    JobId,
    OperatorRequest,
    RequestId,
    RequestState,
    RoleName,
)
from persistence.sql.connection import Move
from persistence.sql.rows import call_of, columns, handoff_of, request_of
from persistence.sql.tables import IS_OPEN_HANDOFF, Tables

_REQUEST, _HANDOFF, _CALL = columns(OperatorRequest), columns(Handoff), columns(Call)

# The request takes its number from the call's counter, which a trigger moves on in the same statement.
_ADD_REQUEST = Move(
    "add_request",
    _REQUEST,
    f"""
INSERT INTO operator_requests (
    id, call_id, room, kind, words, requested_by, idempotency_key, requested_at, state, moved_by, seq
)
SELECT
    :id, :call_id, :room, :kind, :words, :requested_by, :idempotency_key, :requested_at, 'requested',
    :requested_by, coalesce((SELECT next_entry FROM calls WHERE id = :call_id), 0)
WHERE :call_id IS NULL OR EXISTS (SELECT 1 FROM calls WHERE id = :call_id AND ended_at IS NULL)
ON CONFLICT DO NOTHING
RETURNING {_REQUEST}
""",
)

_SAME_REQUEST = f"""
SELECT {_REQUEST} FROM operator_requests WHERE room = :room AND idempotency_key = :idempotency_key
"""

_REQUEST_BY_ID = f"SELECT {_REQUEST} FROM operator_requests WHERE id = :id"

_REQUESTS = f"""
SELECT {_REQUEST}
FROM operator_requests
WHERE call_id = :call_id AND state = coalesce(:state, state)
ORDER BY seq
"""

_TAKE_REQUEST = Move(
    "take_request",
    _REQUEST,
    f"""
UPDATE operator_requests
SET state = 'taken', taken_by = :job, moved_by = :job
WHERE
    id = :id AND state = 'requested'
    AND EXISTS (SELECT 1 FROM calls WHERE id = call_id AND ended_at IS NULL AND holder_job = :job)
RETURNING {_REQUEST}
""",
)

_END_REQUEST = Move(
    "end_request",
    _REQUEST,
    f"""
UPDATE operator_requests
SET state = :state, ended_at = :at, reason = :reason, moved_by = :actor
WHERE id = :id AND ended_at IS NULL
RETURNING {_REQUEST}
""",
)

_APPROVE_HANDOFF = Move(
    "approve_handoff",
    _HANDOFF,
    f"""
UPDATE handoffs
SET approved_by = :by, moved_by = :by, moved_at = :at
WHERE
    id = :id AND state = 'accepted' AND completes = 'operator' AND approved_by IS NULL AND redirect_to IS NULL
RETURNING {_HANDOFF}
""",
)

_REDIRECT_HANDOFF = Move(
    "redirect_handoff",
    _HANDOFF,
    f"""
UPDATE handoffs
SET redirect_to = :target, redirected_by = :by, redirect_reason = :reason, redirect_note = :note,
    moved_by = :by, moved_at = :at
WHERE
    id = :id AND {IS_OPEN_HANDOFF}
    AND coalesce(redirect_to, target) <> :target
RETURNING {_HANDOFF}
""",
)

_HOLD_CALL = Move(
    "hold_call",
    _CALL,
    f"""
UPDATE calls
SET held_at = :at, held_by = :by, moved_by = :by, moved_at = :at
WHERE
    id = :id AND ended_at IS NULL AND held_at IS NULL
    AND NOT EXISTS (
        SELECT 1
        FROM handoffs
        WHERE call_id = :id AND {IS_OPEN_HANDOFF}
    )
RETURNING {_CALL}
""",
)

_RESUME_CALL = Move(
    "resume_call",
    _CALL,
    f"""
UPDATE calls
SET held_at = NULL, held_by = NULL, moved_by = :by, moved_at = :at
WHERE id = :id AND ended_at IS NULL AND held_at IS NOT NULL
RETURNING {_CALL}
""",
)


class SqlRequests(Tables):
    """`RequestStore`."""

    async def add_request(self, request: OperatorRequest) -> OperatorRequest:
        row = await self._writer.changed(_ADD_REQUEST, asdict(request))
        if row is not None:
            return request_of(row)
        same = {"room": request.room, "idempotency_key": request.idempotency_key}
        if rows := await self._read(_SAME_REQUEST, same):
            return request_of(rows[0])
        raise StaleHandoff("the call is over")

    async def request(self, request_id: RequestId) -> OperatorRequest | None:
        rows = await self._read(_REQUEST_BY_ID, {"id": request_id})
        return request_of(rows[0]) if rows else None

    async def requests(
        self, call_id: CallId, *, state: RequestState | None = None
    ) -> Sequence[OperatorRequest]:
        rows = await self._read(_REQUESTS, {"call_id": call_id, "state": state})
        return [request_of(row) for row in rows]

    async def take_request(self, request_id: RequestId, job: JobId) -> OperatorRequest:
        return request_of(await self._writer.moved(_TAKE_REQUEST, {"id": request_id, "job": job}))

    async def end_request(
        self, request_id: RequestId, state: RequestState, *, reason: str | None, actor: str, at: int
    ) -> OperatorRequest:
        values = {"id": request_id, "state": state, "reason": reason, "actor": actor, "at": at}
        return request_of(await self._writer.moved(_END_REQUEST, values))

    async def approve_handoff(self, handoff_id: HandoffId, *, by: str, at: int) -> Handoff:
        values = {"id": handoff_id, "by": by, "at": at}
        return handoff_of(await self._writer.moved(_APPROVE_HANDOFF, values))

    async def redirect_handoff(
        self,
        handoff_id: HandoffId,
        target: RoleName,
        *,
        by: str,
        at: int,
        reason: str = "",
        note: str = "",
    ) -> Handoff:
        values = {"id": handoff_id, "target": target, "by": by, "at": at, "reason": reason, "note": note}
        return handoff_of(await self._writer.moved(_REDIRECT_HANDOFF, values))

    async def hold_call(self, call_id: CallId, *, by: str, at: int) -> Call:
        return call_of(await self._writer.moved(_HOLD_CALL, {"id": call_id, "by": by, "at": at}))

    async def resume_call(self, call_id: CallId, *, by: str, at: int) -> Call:
        return call_of(await self._writer.moved(_RESUME_CALL, {"id": call_id, "by": by, "at": at}))
