"""Handoffs and their attempts: `persistence.contract.handoffs`. Triggers write what follows from a move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from errors import HandoffOpen, HandoffsSpent, OnHold, StaleHandoff
from persistence.contract.calls import Cursor
from persistence.contract.handoffs import Outcome, Timings
from persistence.records import (
    Attempt,
    AttemptId,
    CallId,
    Handoff,
    HandoffId,
    HandoffState,
    JobId,
    RoleName,
    SummarySource,
    WorkerId,
)
from persistence.sql.calls import TRIES
from persistence.sql.connection import Move
from persistence.sql.rows import attempt_of, columns, handoff_of
from persistence.sql.search import found_by_handoff
from persistence.sql.tables import IS_OPEN_HANDOFF, Tables, given, newest_first

_HANDOFF = columns(Handoff)

HANDOFF = f"SELECT {_HANDOFF} FROM handoffs WHERE id = :id"

ATTEMPTS = f"SELECT {columns(Attempt)} FROM attempts WHERE handoff_id = :handoff_id ORDER BY seq"

_CONDITIONS = {
    "call_id": "call_id = :call_id",
    "state": "state = :state",
    "role": "(from_role = :role OR target = :role)",
    "since": "requested_at >= :since",
    "until": "requested_at < :until",
    "after_at": "(requested_at, id) < (:after_at, :after_id)",
}


REQUEST_HANDOFF = Move(
    "request_handoff",
    _HANDOFF,
    f"""
INSERT INTO handoffs (
    id, call_id, from_role, from_job, target, reason, requested_by, idempotency_key, state, requested_at,
    note, completes, person, found_by, moved_by, moved_at
)
SELECT
    :id, :call_id, :from_role, :from_job, :target, :reason, :requested_by, :idempotency_key,
    'requested', :requested_at,
    :note, :completes, :person, :found_by, :requested_by, :requested_at
FROM calls
WHERE
    calls.id = :call_id
    AND calls.ended_at IS NULL
    AND calls.holder_job = :from_job
    AND (calls.held_at IS NULL OR :requested_by NOT IN ('model', 'rule'))
    AND (SELECT count(*) FROM handoffs WHERE call_id = :call_id) < :at_most
ON CONFLICT DO NOTHING
RETURNING {_HANDOFF}
""",
)

_WHY_NOT_REQUESTED = f"""
SELECT
    (SELECT id FROM handoffs WHERE call_id = :call_id AND idempotency_key = :idempotency_key) AS same,
    (SELECT id FROM handoffs WHERE call_id = :call_id AND {IS_OPEN_HANDOFF}) AS open,
    EXISTS (SELECT 1 FROM calls WHERE id = :call_id AND ended_at IS NULL AND holder_job = :from_job) AS held,
    (SELECT held_by FROM calls WHERE id = :call_id AND :requested_by IN ('model', 'rule')) AS on_hold_by,
    (SELECT count(*) FROM handoffs WHERE call_id = :call_id) >= :at_most AS spent
"""

_BEGIN_ATTEMPT = Move(
    "begin_attempt",
    _HANDOFF,
    f"""
UPDATE handoffs
SET state = 'dispatching',
    from_job = :actor,
    attempt_id = :id,
    attempt_seq = attempt_seq + 1,
    target = :target,
    target_job = NULL,
    target_worker = NULL,
    accepted_at = NULL,
    approved_by = NULL,
    redirect_to = NULL,
    last_outcome = :outcome,
    last_reason = :reason,
    moved_by = :actor,
    moved_at = :started_at
WHERE
    id = :handoff_id
    AND {IS_OPEN_HANDOFF}
    AND (state = 'requested') = (:outcome IS NULL)
    AND (attempt_id IS NULL OR attempt_id <> :id)
    AND (redirect_to IS NULL OR redirect_to = :target)
    AND EXISTS (SELECT 1 FROM calls WHERE id = handoffs.call_id AND ended_at IS NULL AND holder_job = :actor)
RETURNING {_HANDOFF}
""",
)

_NOTE_DISPATCH = Move(
    "note_dispatch",
    "id",
    "UPDATE attempts SET dispatch_id = :dispatch_id WHERE id = :id RETURNING id",
)

_CLAIM_ATTEMPT = Move(
    "claim_attempt",
    _HANDOFF,
    f"""
UPDATE handoffs
SET state = 'briefing', target_job = :job, target_worker = :worker, moved_by = :job, moved_at = :at
WHERE id = :id AND state = 'dispatching' AND attempt_id = :attempt_id
RETURNING {_HANDOFF}
""",
)

_ACCEPT = Move(
    "accept_handoff",
    _HANDOFF,
    f"""
UPDATE handoffs
SET state = 'accepted', accepted_at = :at, moved_by = :job, moved_at = :at
WHERE id = :id AND state = 'briefing' AND attempt_id = :attempt_id AND target_job = :job
RETURNING {_HANDOFF}
""",
)

_COMPLETE = Move(
    "complete_handoff",
    _HANDOFF,
    f"""
UPDATE handoffs
SET state = 'completed', ended_at = :at, last_outcome = 'completed', last_reason = NULL,
    moved_by = :job, moved_at = :at
WHERE
    id = :id AND state = 'accepted' AND attempt_id = :attempt_id AND target_job = :job
    AND redirect_to IS NULL
    AND (completes = 'auto' OR approved_by IS NOT NULL)
    AND EXISTS (
        SELECT 1
        FROM calls
        WHERE id = handoffs.call_id AND ended_at IS NULL AND holder_job = handoffs.from_job
    )
RETURNING {_HANDOFF}
""",
)

_END_HANDOFF = Move(
    "end_handoff",
    _HANDOFF,
    f"""
UPDATE handoffs
SET state = :outcome, ended_at = :at, last_outcome = :outcome, last_reason = :reason,
    moved_by = :actor, moved_at = :at
WHERE
    id = :id
    AND {IS_OPEN_HANDOFF}
    AND :outcome <> 'completed'
    AND (:attempt_id IS NULL OR attempt_id = :attempt_id)
RETURNING {_HANDOFF}
""",
)

SAVE_SUMMARY = Move(
    "save_summary",
    "id",
    """
UPDATE handoffs SET summary = :summary, summary_source = :source WHERE id = :id RETURNING id
""",
)

_SAVE_TIMINGS = Move(
    "save_timings",
    "id",
    """
UPDATE handoffs
SET seam_ms = coalesce(:seam_ms, seam_ms),
    silence_ms = coalesce(max(:silence_ms, silence_ms), :silence_ms, silence_ms),
    on_hold_ms = coalesce(max(:on_hold_ms, on_hold_ms), :on_hold_ms, on_hold_ms),
    music_ms = coalesce(:music_ms, music_ms),
    time_to_target_ms = coalesce(:time_to_target_ms, time_to_target_ms)
WHERE id = :id
RETURNING id
""",
)


class SqlHandoffs(Tables):
    """`HandoffStore`."""

    async def request_handoff(self, handoff: Handoff, *, at_most: int) -> Handoff:
        values = {**asdict(handoff), "found_by": found_by_handoff(handoff), "at_most": at_most}
        for _ in range(TRIES):
            row = await self._writer.changed(REQUEST_HANDOFF, values)
            requested = handoff_of(row) if row else await self._same_request(handoff, at_most)
            if requested:
                return requested
        raise StaleHandoff("a handoff with this id exists already")

    async def _same_request(self, handoff: Handoff, at_most: int) -> Handoff | None:
        """The first row of this idempotency key; None when nothing is in the way any more. Raises why not."""
        (why,) = await self._read(_WHY_NOT_REQUESTED, {**asdict(handoff), "at_most": at_most})
        if why["same"]:
            return await self.handoff(HandoffId(why["same"]))
        if not why["held"]:
            raise StaleHandoff("the call is over, or has another holder")
        if why["open"]:
            raise HandoffOpen(why["open"])
        if why["on_hold_by"]:
            raise OnHold(why["on_hold_by"])
        if why["spent"]:
            raise HandoffsSpent(f"the call has had {at_most} handoffs")
        return None

    async def begin_attempt(self, attempt: Attempt, *, previous: Outcome | None, actor: JobId) -> Handoff:
        values = {
            "id": attempt.id,
            "handoff_id": attempt.handoff_id,
            "target": attempt.target,
            "started_at": attempt.started_at,
            "outcome": previous.state if previous else None,
            "reason": previous.reason if previous else None,
            "actor": actor,
        }
        return handoff_of(await self._writer.moved(_BEGIN_ATTEMPT, values))

    async def note_dispatch(self, attempt_id: AttemptId, dispatch_id: str) -> None:
        await self._writer.moved(_NOTE_DISPATCH, {"id": attempt_id, "dispatch_id": dispatch_id})

    async def claim_attempt(
        self, handoff_id: HandoffId, attempt_id: AttemptId, job: JobId, *, worker: WorkerId, at: int
    ) -> Handoff:
        values = {"id": handoff_id, "attempt_id": attempt_id, "job": job, "worker": worker, "at": at}
        return handoff_of(await self._writer.moved(_CLAIM_ATTEMPT, values))

    async def accept(self, handoff_id: HandoffId, attempt_id: AttemptId, job: JobId, *, at: int) -> Handoff:
        return await self._step(_ACCEPT, handoff_id, attempt_id, job, at)

    async def complete(self, handoff_id: HandoffId, attempt_id: AttemptId, job: JobId, *, at: int) -> Handoff:
        return await self._step(_COMPLETE, handoff_id, attempt_id, job, at)

    async def _step(
        self, move: Move, handoff_id: HandoffId, attempt_id: AttemptId, job: JobId, at: int
    ) -> Handoff:
        values = {"id": handoff_id, "attempt_id": attempt_id, "job": job, "at": at}
        return handoff_of(await self._writer.moved(move, values))

    async def end_handoff(
        self,
        handoff_id: HandoffId,
        ended: Outcome,
        *,
        attempt_id: AttemptId | None,
        actor: str,
        at: int,
    ) -> Handoff:
        values = {
            "id": handoff_id,
            "outcome": ended.state,
            "reason": ended.reason,
            "attempt_id": attempt_id,
            "actor": actor,
            "at": at,
        }
        return handoff_of(await self._writer.moved(_END_HANDOFF, values))

    async def save_summary(self, handoff_id: HandoffId, summary: str, source: SummarySource) -> None:
        values = {"id": handoff_id, "summary": summary, "source": source}
        await self._writer.moved(SAVE_SUMMARY, values)

    async def save_timings(self, handoff_id: HandoffId, timings: Timings) -> None:
        await self._writer.moved(_SAVE_TIMINGS, {"id": handoff_id, **asdict(timings)})

    async def handoff(self, handoff_id: HandoffId) -> Handoff | None:
        rows = await self._read(HANDOFF, {"id": handoff_id})
        return handoff_of(rows[0]) if rows else None

    async def handoffs(
        self,
        *,
        call_id: CallId | None = None,
        state: HandoffState | None = None,
        role: RoleName | None = None,
        since: int | None = None,
        until: int | None = None,
        after: Cursor | None = None,
        limit: int = 50,
    ) -> Sequence[Handoff]:
        filters = given(after, call_id=call_id, state=state, role=role, since=since, until=until)
        conditions = [_CONDITIONS[name] for name in filters if name in _CONDITIONS]
        statement = newest_first(_HANDOFF, "handoffs", "requested_at", conditions)
        rows = await self._read(statement, {**filters, "limit": limit})
        return [handoff_of(row) for row in rows]

    async def attempts(self, handoff_id: HandoffId) -> Sequence[Attempt]:
        return [attempt_of(row) for row in await self._read(ATTEMPTS, {"handoff_id": handoff_id})]
