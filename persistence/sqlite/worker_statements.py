"""The SQL of leases and lost calls. Each move is one guarded statement."""

from __future__ import annotations

from persistence.records import Call, Worker
from persistence.sqlite.rows import columns

_CALL, _WORKER = columns(Call), columns(Worker)
_HAS_LEASE = "EXISTS (SELECT 1 FROM workers WHERE workers.id = calls.worker AND lease_until >= :at)"

KEEP_LEASE = f"""
INSERT INTO workers ({_WORKER})
VALUES (:id, :host, :started_at, :lease_until, :draining)
ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until, draining = excluded.draining
RETURNING id
"""

END_LEASE = "UPDATE workers SET lease_until = :at, draining = 1 WHERE id = :id RETURNING id"

WORKERS = f"SELECT {_WORKER} FROM workers ORDER BY started_at DESC, id"

OPEN_CALLS_OF = f"""
SELECT {_CALL} FROM calls WHERE ended_at IS NULL AND worker = :worker ORDER BY started_at, id
"""

CALLS_ADRIFT = f"""
SELECT {_CALL}
FROM calls
WHERE ended_at IS NULL AND worker <> :but AND NOT {_HAS_LEASE}
ORDER BY started_at, id
"""

MARK_LOST = f"""
UPDATE calls
SET lost_at = :at, worker = :by, moved_by = :by, moved_at = :at
WHERE
    id = :id AND ended_at IS NULL AND holder_job = :job AND worker = :of
    AND CASE WHEN worker = :by THEN lost_at IS NULL ELSE NOT {_HAS_LEASE} END
RETURNING {_CALL}
"""

RECOVER_CALL = f"""
UPDATE calls
SET holder_job = :by, holder_role = :role, worker = :worker, lost_at = NULL, moved_by = :by, moved_at = :at
WHERE id = :id AND ended_at IS NULL AND holder_job = :job AND lost_at IS NOT NULL
RETURNING {_CALL}
"""

CLOSE_LOST = """
UPDATE calls
SET ended_at = :at, ended_how = :how, moved_by = :by, moved_at = :at
WHERE id = :id AND ended_at IS NULL AND lost_at IS NOT NULL AND worker = :by
RETURNING id
"""

HAS_ANSWERED = """
SELECT EXISTS (
    SELECT 1
    FROM calls
    JOIN events ON events.call_id = calls.id
    WHERE calls.room = :room AND events.kind = 'call' AND events.moved_from IS NULL AND events.actor = :job
) AS has_answered
"""

LOSSES = """
SELECT count(*) AS losses
FROM events
WHERE call_id = :id AND kind = 'call' AND moved_to = 'lost' AND at >= :since
"""
