-- Of two persons who have a caller, the first leaves: the call's role is then the other's, and an event says so.
--
-- The call's agent stays, so a supervisor who speaks keeps the floor: only a new agent of another role takes it.

DROP TRIGGER second_has_the_caller;
CREATE TRIGGER second_has_the_caller AFTER UPDATE OF ended_at ON offers
WHEN
    OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL
    AND NOT EXISTS (
        SELECT 1
        FROM handoffs
        WHERE handoffs.call_id = NEW.call_id AND handoffs.state = 'completed' AND handoffs.ended_at = NEW.ended_at
    )
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    SELECT NEW.call_id, other.id, 'offer', 'connected', 'leads', other.person, NEW.ended_at
    FROM offers AS other
    JOIN calls ON calls.id = other.call_id
    WHERE
        other.call_id = NEW.call_id AND other.ended_at IS NULL AND other.connected_at >= NEW.connected_at
        AND calls.ended_at IS NULL;

    UPDATE calls
    SET holder_role = other.role, moved_by = other.person, moved_at = NEW.ended_at
    FROM offers AS other
    WHERE
        calls.id = NEW.call_id AND calls.ended_at IS NULL AND calls.holder_role <> other.role
        AND other.call_id = NEW.call_id AND other.ended_at IS NULL AND other.connected_at >= NEW.connected_at;
END;

CREATE TRIGGER call_changed_role AFTER UPDATE OF holder_role ON calls
WHEN NEW.holder_role <> OLD.holder_role AND NEW.holder_job = OLD.holder_job
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.id, NEW.id, 'call', OLD.holder_role, NEW.holder_role, NEW.moved_by, NEW.moved_at);
END;

DROP TRIGGER supervisor_hands_over;
CREATE TRIGGER supervisor_hands_over AFTER UPDATE OF holder_job ON calls
WHEN NEW.holder_role <> OLD.holder_role
BEGIN
    UPDATE listeners SET mode = 'coach', moved_at = NEW.moved_at
    WHERE call_id = NEW.id AND mode IN ('barge', 'take_over');
END;

-- A call is found by the roles of the persons who had it as well.
CREATE INDEX talks_of_role ON offers (role, connected_at, call_id);
