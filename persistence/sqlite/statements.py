"""The SQL of the store. Each move is one guarded statement; triggers write what follows from it."""

from __future__ import annotations

from collections.abc import Iterable

from persistence.records import Attempt, Call, Event, Handoff, Turn
from persistence.sqlite.rows import columns

_CALL, _TURN, _HANDOFF = columns(Call), columns(Turn), columns(Handoff)
_OPEN = "state IN ('requested', 'dispatching', 'briefing', 'accepted')"  # as the partial index has it

CALL = f"SELECT {_CALL} FROM calls WHERE id = :id"

OPEN_CALL_IN = f"SELECT {_CALL} FROM calls WHERE room = :room AND ended_at IS NULL"

_AFTER = "({column}, id) < (:after_at, :after_id)"


def calls_where(given: Iterable[str]) -> str:
    """Calls by those of `is_open`, `is_over` and `after_at` (with `after_id`) that are given."""
    conditions = {
        "is_open": "ended_at IS NULL AND :is_open",
        "is_over": "ended_at IS NOT NULL AND :is_over",
        "after_at": _AFTER.format(column="started_at"),
    }
    where = " AND ".join(conditions[name] for name in given if name in conditions) or "TRUE"
    return f"SELECT {_CALL} FROM calls WHERE {where} ORDER BY started_at DESC, id DESC LIMIT :limit"


TURNS = f"""
SELECT {_TURN}
FROM (SELECT * FROM turns WHERE call_id = :call_id ORDER BY seq DESC LIMIT :limit)
ORDER BY seq
"""

HANDOFF = f"SELECT {_HANDOFF} FROM handoffs WHERE id = :id"

ATTEMPTS = f"""
SELECT {columns(Attempt)}
FROM attempts
WHERE handoff_id = :handoff_id
ORDER BY rowid
"""

EVENTS = f"SELECT {columns(Event)} FROM events WHERE id > :after ORDER BY id LIMIT :limit"

EVENTS_OF_CALL = f"""
SELECT {columns(Event)}
FROM events
WHERE call_id = :call_id AND id > :after
ORDER BY id
LIMIT :limit
"""

EVENTS_OF_HANDOFF = f"""
SELECT {columns(Event)}
FROM events
WHERE
    call_id = (SELECT call_id FROM handoffs WHERE id = :id)
    AND kind IN ('handoff', 'attempt', 'request')
    AND (subject = :id OR subject IN (SELECT id FROM attempts WHERE handoff_id = :id))
ORDER BY id
"""

IDS_BEGINNING = """
SELECT id FROM calls WHERE id >= :prefix AND id < :prefix || char(0x10FFFF)
UNION ALL
SELECT id FROM handoffs WHERE id >= :prefix AND id < :prefix || char(0x10FFFF)
LIMIT :limit
"""

_CONDITIONS = {
    "call_id": "call_id = :call_id",
    "state": "state = :state",
    "role": "(from_role = :role OR target = :role)",
    "since": "requested_at >= :since",
    "until": "requested_at < :until",
    "after_at": _AFTER.format(column="requested_at"),
}


def handoffs_where(given: Iterable[str]) -> str:
    """Handoffs by those of `_CONDITIONS` that are given; `after_at` wants `after_id` as well."""
    conditions = " AND ".join(_CONDITIONS[name] for name in given if name in _CONDITIONS) or "TRUE"
    return f"""
SELECT {_HANDOFF}
FROM handoffs
WHERE {conditions}
ORDER BY requested_at DESC, id DESC
LIMIT :limit
"""


OPEN_CALL = f"""
INSERT INTO calls (id, room, caller, holder_role, holder_job, worker, started_at, moved_by, moved_at)
VALUES (:id, :room, :caller, :holder_role, :holder_job, :worker, :started_at, :holder_job, :started_at)
ON CONFLICT DO NOTHING
RETURNING {_CALL}
"""

END_CALL = """
UPDATE calls
SET ended_at = :at, ended_how = :how, moved_by = :job, moved_at = :at
WHERE id = :id AND ended_at IS NULL AND holder_job = :job AND lost_at IS NULL
RETURNING id
"""

APPEND_TURN = f"""
INSERT INTO turns ({_TURN})
SELECT :call_id, coalesce(max(seq), 0) + 1, :speaker, :text, :started_at, :ended_at
FROM turns
WHERE call_id = :call_id
HAVING NOT coalesce(max(speaker = :speaker AND started_at = :started_at AND text = :text), FALSE)
RETURNING {_TURN}
"""

SAME_TURN = f"""
SELECT {_TURN}
FROM turns
WHERE call_id = :call_id AND speaker = :speaker AND started_at = :started_at AND text = :text
"""

REQUEST_HANDOFF = f"""
INSERT INTO handoffs (
    id, call_id, from_role, from_job, target, reason, requested_by, idempotency_key, state, requested_at,
    note, completes, moved_by, moved_at
)
SELECT
    :id, :call_id, :from_role, :from_job, :target, :reason, :requested_by, :idempotency_key,
    'requested', :requested_at,
    :note, :completes, :requested_by, :requested_at
FROM calls
WHERE
    calls.id = :call_id
    AND calls.ended_at IS NULL
    AND calls.holder_job = :from_job
    AND (SELECT count(*) FROM handoffs WHERE call_id = :call_id) < :at_most
ON CONFLICT DO NOTHING
RETURNING {_HANDOFF}
"""

WHY_NOT_REQUESTED = f"""
SELECT
    (SELECT id FROM handoffs WHERE call_id = :call_id AND idempotency_key = :idempotency_key) AS same,
    (SELECT id FROM handoffs WHERE call_id = :call_id AND {_OPEN}) AS open,
    EXISTS (SELECT 1 FROM calls WHERE id = :call_id AND ended_at IS NULL AND holder_job = :from_job) AS held,
    (SELECT count(*) FROM handoffs WHERE call_id = :call_id) >= :at_most AS spent
"""

BEGIN_ATTEMPT = f"""
UPDATE handoffs
SET state = 'dispatching',
    from_job = :actor,
    attempt_id = :id,
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
    AND {_OPEN}
    AND (state = 'requested') = (:outcome IS NULL)
    AND attempt_id IS NOT :id
    AND (redirect_to IS NULL OR redirect_to = :target)
    AND EXISTS (SELECT 1 FROM calls WHERE id = handoffs.call_id AND ended_at IS NULL AND holder_job = :actor)
RETURNING {_HANDOFF}
"""

NOTE_DISPATCH = "UPDATE attempts SET dispatch_id = :dispatch_id WHERE id = :id RETURNING id"

CLAIM_ATTEMPT = f"""
UPDATE handoffs
SET state = 'briefing', target_job = :job, target_worker = :worker, moved_by = :job, moved_at = :at
WHERE id = :id AND state = 'dispatching' AND attempt_id = :attempt_id
RETURNING {_HANDOFF}
"""

ACCEPT = f"""
UPDATE handoffs
SET state = 'accepted', accepted_at = :at, moved_by = :job, moved_at = :at
WHERE id = :id AND state = 'briefing' AND attempt_id = :attempt_id AND target_job = :job
RETURNING {_HANDOFF}
"""

COMPLETE = f"""
UPDATE handoffs
SET state = 'completed', ended_at = :at, last_outcome = 'completed', last_reason = NULL,
    moved_by = :job, moved_at = :at
WHERE
    id = :id AND state = 'accepted' AND attempt_id = :attempt_id AND target_job = :job
    AND redirect_to IS NULL
    AND (completes = 'auto' OR approved_by IS NOT NULL)
RETURNING {_HANDOFF}
"""

END_HANDOFF = f"""
UPDATE handoffs
SET state = :outcome, ended_at = :at, last_outcome = :outcome, last_reason = :reason,
    moved_by = :actor, moved_at = :at
WHERE
    id = :id
    AND {_OPEN}
    AND :outcome <> 'completed'
    AND (:attempt_id IS NULL OR attempt_id = :attempt_id)
RETURNING {_HANDOFF}
"""

SAVE_SUMMARY = """
UPDATE handoffs SET summary = :summary, summary_source = :source WHERE id = :id RETURNING id
"""

SAVE_TIMINGS = """
UPDATE handoffs
SET seam_ms = coalesce(:seam_ms, seam_ms), silence_ms = coalesce(:silence_ms, silence_ms)
WHERE id = :id
RETURNING id
"""
