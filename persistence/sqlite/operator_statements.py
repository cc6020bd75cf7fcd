"""The SQL of what operators ask, and of who they are. Each move is one guarded statement."""

from __future__ import annotations

from persistence.records import Handoff, Operator, OperatorRequest, Trouble
from persistence.sqlite.rows import columns

_REQUEST, _HANDOFF, _OPERATOR = columns(OperatorRequest), columns(Handoff), columns(Operator)

ADD_REQUEST = f"""
INSERT INTO operator_requests (
    id, call_id, room, kind, words, requested_by, idempotency_key, requested_at, state, moved_by
)
SELECT
    :id, :call_id, :room, :kind, :words, :requested_by, :idempotency_key, :requested_at, 'requested',
    :requested_by
WHERE :call_id IS NULL OR EXISTS (SELECT 1 FROM calls WHERE id = :call_id AND ended_at IS NULL)
ON CONFLICT DO NOTHING
RETURNING {_REQUEST}
"""

SAME_REQUEST = f"""
SELECT {_REQUEST} FROM operator_requests WHERE room = :room AND idempotency_key = :idempotency_key
"""

REQUEST = f"SELECT {_REQUEST} FROM operator_requests WHERE id = :id"

REQUESTS = f"""
SELECT {_REQUEST}
FROM operator_requests
WHERE call_id = :call_id AND (:state IS NULL OR state = :state)
ORDER BY rowid
"""

TAKE_REQUEST = f"""
UPDATE operator_requests
SET state = 'taken', taken_by = :job, moved_by = :job
WHERE
    id = :id AND state = 'requested'
    AND EXISTS (SELECT 1 FROM calls WHERE id = call_id AND ended_at IS NULL AND holder_job = :job)
RETURNING {_REQUEST}
"""

END_REQUEST = f"""
UPDATE operator_requests
SET state = :state, ended_at = :at, reason = :reason, moved_by = :actor
WHERE id = :id AND ended_at IS NULL
RETURNING {_REQUEST}
"""

APPROVE_HANDOFF = f"""
UPDATE handoffs
SET approved_by = :by, moved_by = :by, moved_at = :at
WHERE
    id = :id AND state = 'accepted' AND completes = 'operator' AND approved_by IS NULL AND redirect_to IS NULL
RETURNING {_HANDOFF}
"""

REDIRECT_HANDOFF = f"""
UPDATE handoffs
SET redirect_to = :target, redirected_by = :by, moved_by = :by, moved_at = :at
WHERE
    id = :id AND state IN ('requested', 'dispatching', 'briefing', 'accepted')
    AND coalesce(redirect_to, target) <> :target
RETURNING {_HANDOFF}
"""

NOTE_TROUBLE = f"""
INSERT INTO troubles ({columns(Trouble)}) VALUES (:call_id, :part, :error, :at) RETURNING call_id
"""

TROUBLES = f"SELECT {columns(Trouble)} FROM troubles WHERE call_id = :call_id ORDER BY rowid"

ADD_OPERATOR = f"""
INSERT INTO operators ({_OPERATOR})
VALUES (:name, :role, :token_hash, :made_at, :revoked_at)
ON CONFLICT DO NOTHING
RETURNING name
"""

OPERATOR_OF = f"SELECT {_OPERATOR} FROM operators WHERE token_hash = :token_hash AND revoked_at IS NULL"

OPERATORS = f"SELECT {_OPERATOR} FROM operators ORDER BY name"

REVOKE_OPERATOR = (
    "UPDATE operators SET revoked_at = :at WHERE name = :name AND revoked_at IS NULL RETURNING name"
)
