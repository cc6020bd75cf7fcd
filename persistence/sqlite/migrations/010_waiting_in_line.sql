-- Callers who wait in line, because no worker can carry another call well.
--
-- calls.queued_at    since when the caller waits in line; NULL: they never did. Kept when they are taken
-- calls.admitted_at  when an agent took the caller; NULL: none has, and an open call with queued_at waits in line
-- workers.room_for   how many further calls the worker can carry well, as of its latest renewal
--
-- A call in line is held by a job of its worker's waiting room; holder_role is the role that will answer it. Its events
-- name the holder "waiting": None → waiting, waiting → the role that takes the caller, waiting → how the call ended.
-- A caller who hangs up in line has given up: ended_how is gave_up, and somebody has to call them back.

ALTER TABLE calls ADD COLUMN queued_at INTEGER;
ALTER TABLE calls ADD COLUMN admitted_at INTEGER CHECK (admitted_at IS NULL OR queued_at IS NOT NULL);
ALTER TABLE workers ADD COLUMN room_for INTEGER NOT NULL DEFAULT 0 CHECK (room_for >= 0);

-- The documented way to change a CHECK: https://www.sqlite.org/lang_altertable.html#otheralter. RESET makes this
-- connection read the schema again, and the index below every other.
PRAGMA writable_schema = ON;

UPDATE sqlite_schema
SET sql = replace(sql, '''operator'', ''call_back'')', '''operator'', ''call_back'', ''gave_up'')')
WHERE type = 'table' AND name = 'calls';

PRAGMA writable_schema = RESET;

CREATE INDEX calls_in_line ON calls (queued_at, id)
WHERE queued_at IS NOT NULL AND admitted_at IS NULL AND ended_at IS NULL;

DROP TRIGGER call_opened;
CREATE TRIGGER call_opened AFTER INSERT ON calls
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (
        NEW.id,
        NEW.id,
        'call',
        NULL,
        CASE WHEN NEW.queued_at IS NULL THEN NEW.holder_role ELSE 'waiting' END,
        NEW.moved_by,
        NEW.moved_at
    );
END;

DROP TRIGGER call_changed_holder;
CREATE TRIGGER call_changed_holder AFTER UPDATE OF holder_job ON calls
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (
        NEW.id,
        NEW.id,
        'call',
        CASE
            WHEN OLD.ended_at IS NOT NULL THEN OLD.ended_how
            WHEN OLD.lost_at IS NOT NULL THEN 'lost'
            WHEN OLD.queued_at IS NOT NULL AND OLD.admitted_at IS NULL THEN 'waiting'
            ELSE OLD.holder_role
        END,
        CASE WHEN NEW.queued_at IS NOT NULL AND NEW.admitted_at IS NULL THEN 'waiting' ELSE NEW.holder_role END,
        NEW.moved_by,
        NEW.moved_at
    );
END;

DROP TRIGGER call_stays_ended;
CREATE TRIGGER call_stays_ended BEFORE UPDATE OF holder_role, holder_job, lost_at, ended_at, ended_how ON calls
WHEN OLD.ended_at IS NOT NULL AND NOT (
    OLD.ended_how IN ('caller_left', 'gave_up')
    AND NEW.ended_at IS NULL
    AND NEW.call_back IS NULL
    AND NEW.lost_at IS NULL
    AND NEW.holder_role = OLD.holder_role
)
BEGIN
    SELECT RAISE(ABORT, 'stale: the call is over');
END;

DROP TRIGGER call_ended;
CREATE TRIGGER call_ended AFTER UPDATE OF ended_at ON calls
WHEN NEW.ended_at IS NOT NULL
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (
        NEW.id,
        NEW.id,
        'call',
        CASE WHEN OLD.queued_at IS NOT NULL AND OLD.admitted_at IS NULL THEN 'waiting' ELSE OLD.holder_role END,
        NEW.ended_how,
        NEW.moved_by,
        NEW.moved_at
    );

    UPDATE handoffs
    SET state = 'abandoned',
        ended_at = NEW.ended_at,
        last_outcome = 'abandoned',
        last_reason = 'the call ended: ' || NEW.ended_how,
        moved_by = NEW.moved_by,
        moved_at = NEW.moved_at
    WHERE call_id = NEW.id AND state IN ('requested', 'dispatching', 'briefing', 'accepted');

    -- A request that the holder has taken is the holder's to end: it may be the one that ended the call.
    UPDATE operator_requests
    SET state = 'failed', ended_at = NEW.ended_at, reason = 'the call ended', moved_by = NEW.moved_by
    WHERE call_id = NEW.id AND state = 'requested';
END;

-- As in 005, but for a caller who gives up in line: they were left waiting.
DROP TRIGGER call_needs_call_back;
CREATE TRIGGER call_needs_call_back AFTER UPDATE OF ended_at ON calls
WHEN OLD.ended_at IS NULL
BEGIN
    UPDATE calls
    SET call_back = CASE
        WHEN NEW.ended_how = 'call_back' THEN 'promised'
        WHEN NEW.ended_how IN ('failed', 'too_long') THEN 'cut_off'
        WHEN NEW.ended_how NOT IN ('caller_left', 'gave_up') THEN NULL
        WHEN OLD.lost_at IS NOT NULL THEN 'lost'
        WHEN OLD.held_at IS NOT NULL OR NEW.ended_how = 'gave_up' THEN 'left_waiting'
        ELSE (
            SELECT CASE
                WHEN state IN ('declined', 'unanswered', 'failed') THEN 'not_reached'
                WHEN state IN ('requested', 'dispatching', 'briefing', 'accepted', 'abandoned') THEN 'left_waiting'
            END
            FROM handoffs
            WHERE call_id = NEW.id AND requested_by <> 'deploy'
            ORDER BY requested_at DESC, id DESC
            LIMIT 1
        )
    END
    WHERE id = NEW.id;
END;
