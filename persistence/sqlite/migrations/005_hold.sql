-- A caller on hold: an operator has the agent keep silent, and the caller hears music until somebody acts.
--
-- calls.held_at, held_by   since when, and by whose act; NULL: not on hold, or over
--
-- The row is what counts: whichever agent holds the call obeys it. Its events are of kind call: role → held when the
-- hold begins; held → role, or held → how the call ended, when it ends.
--
-- An agent's part cannot be ended any more. Requests for that are kept as requests to end the call.

ALTER TABLE calls ADD COLUMN held_at INTEGER;
ALTER TABLE calls ADD COLUMN held_by TEXT CHECK ((held_by IS NULL) = (held_at IS NULL));

-- Whom a person in a room spoke with last.
CREATE INDEX calls_by_room ON calls (room, started_at, id);

UPDATE operator_requests SET kind = 'end' WHERE kind = 'leave';

CREATE TRIGGER call_held AFTER UPDATE OF held_at ON calls
WHEN OLD.held_at IS NULL AND NEW.held_at IS NOT NULL
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.id, NEW.id, 'call', NEW.holder_role, 'held', NEW.moved_by, NEW.moved_at);
END;

CREATE TRIGGER call_off_hold AFTER UPDATE OF held_at ON calls
WHEN OLD.held_at IS NOT NULL AND NEW.held_at IS NULL
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (
        NEW.id, NEW.id, 'call', 'held', coalesce(NEW.ended_how, NEW.holder_role), NEW.moved_by, NEW.moved_at
    );
END;

CREATE TRIGGER hold_ends_with_the_call AFTER UPDATE OF ended_at ON calls
WHEN NEW.ended_at IS NOT NULL AND NEW.held_at IS NOT NULL
BEGIN
    UPDATE calls SET held_at = NULL, held_by = NULL WHERE id = NEW.id;
END;

-- Handed on, a call is off hold. A move to another worker leaves it on hold.
CREATE TRIGGER hold_ends_with_a_handoff AFTER UPDATE OF state ON handoffs
WHEN NEW.state = 'completed' AND NEW.requested_by <> 'deploy'
BEGIN
    UPDATE calls
    SET held_at = NULL, held_by = NULL, moved_by = NEW.moved_by, moved_at = NEW.moved_at
    WHERE id = NEW.call_id AND ended_at IS NULL AND held_at IS NOT NULL;
END;

-- As in 003, but for a caller who hangs up on hold: they were left waiting.
DROP TRIGGER call_needs_call_back;
CREATE TRIGGER call_needs_call_back AFTER UPDATE OF ended_at ON calls
WHEN OLD.ended_at IS NULL
BEGIN
    UPDATE calls
    SET call_back = CASE
        WHEN NEW.ended_how = 'call_back' THEN 'promised'
        WHEN NEW.ended_how IN ('failed', 'too_long') THEN 'cut_off'
        WHEN NEW.ended_how <> 'caller_left' THEN NULL
        WHEN OLD.lost_at IS NOT NULL THEN 'lost'
        WHEN OLD.held_at IS NOT NULL THEN 'left_waiting'
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
