"""The events of one call and of one handoff. Each engine has its own way to read all events in order."""

from __future__ import annotations

from persistence.records import Event
from persistence.sql.rows import columns

EVENT = columns(Event)

EVENTS_OF_CALL = f"SELECT {EVENT} FROM events WHERE call_id = :call_id AND id > :after ORDER BY id"

EVENTS_OF_HANDOFF = f"""
SELECT {EVENT}
FROM events
WHERE
    call_id = (SELECT call_id FROM handoffs WHERE id = :id)
    AND kind IN ('handoff', 'attempt', 'request')
    AND (subject = :id OR subject IN (SELECT id FROM attempts WHERE handoff_id = :id))
ORDER BY id
"""
