-- A listener may speak: to the call's agent or person alone, to all, or in their place.
--
-- listeners.mode      listen: hears alone. coach: only who has the call hears them. barge: the caller too, and a model
--                     is silent. take_over: the same, and a person at a desk is let go. One a call is not `listen`. Its
--                     moves are events of the kind "listener". Whoever leaves only listens.

ALTER TABLE listeners ADD COLUMN mode TEXT NOT NULL DEFAULT 'listen'
CHECK (mode IN ('listen', 'coach', 'barge', 'take_over'));

CREATE UNIQUE INDEX supervisor_of_call ON listeners (call_id) WHERE mode <> 'listen';

CREATE TRIGGER listener_mode_moved AFTER UPDATE OF mode ON listeners
WHEN NEW.mode <> OLD.mode
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.call_id, NEW.identity, 'listener', OLD.mode, NEW.mode, NEW.name, NEW.moved_at);
END;

-- A new role has the call: whoever spoke in the place of the one before does so no longer, and may coach this one.
CREATE TRIGGER supervisor_hands_over AFTER UPDATE OF holder_role ON calls
WHEN NEW.holder_role <> OLD.holder_role
BEGIN
    UPDATE listeners SET mode = 'coach', moved_at = NEW.moved_at
    WHERE call_id = NEW.id AND mode IN ('barge', 'take_over');
END;

CREATE TRIGGER supervisor_stops AFTER UPDATE OF ended_at ON calls
WHEN NEW.ended_at IS NOT NULL
BEGIN
    UPDATE listeners SET mode = 'listen', moved_at = NEW.moved_at WHERE call_id = NEW.id AND mode <> 'listen';
END;
