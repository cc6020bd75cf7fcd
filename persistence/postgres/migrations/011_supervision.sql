-- A listener may speak: to the call's agent or person alone, to all, or in their place. See 022 of SQLite.

ALTER TABLE listeners ADD COLUMN mode text NOT NULL DEFAULT 'listen'
CHECK (mode IN ('listen', 'coach', 'barge', 'take_over'));

CREATE UNIQUE INDEX supervisor_of_call ON listeners (call_id) WHERE mode <> 'listen';

CREATE FUNCTION listener_mode_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell(NEW.call_id, NEW.identity, 'listener', OLD.mode, NEW.mode, NEW.name, NEW.moved_at);
    RETURN NULL;
END $$;

CREATE TRIGGER listener_mode_moved AFTER UPDATE OF mode ON listeners
FOR EACH ROW WHEN (NEW.mode <> OLD.mode)
EXECUTE FUNCTION listener_mode_moved();

CREATE FUNCTION supervisor_hands_over() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE listeners SET mode = 'coach', moved_at = NEW.moved_at
    WHERE call_id = NEW.id AND mode IN ('barge', 'take_over');
    RETURN NULL;
END $$;

CREATE TRIGGER call_7_supervisor_hands_over AFTER UPDATE OF holder_role ON calls
FOR EACH ROW WHEN (NEW.holder_role <> OLD.holder_role)
EXECUTE FUNCTION supervisor_hands_over();

CREATE FUNCTION supervisor_stops() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE listeners SET mode = 'listen', moved_at = NEW.moved_at WHERE call_id = NEW.id AND mode <> 'listen';
    RETURN NULL;
END $$;

CREATE TRIGGER call_8_supervisor_stops AFTER UPDATE OF ended_at ON calls
FOR EACH ROW WHEN (NEW.ended_at IS NOT NULL)
EXECUTE FUNCTION supervisor_stops();

CREATE OR REPLACE FUNCTION move_listener(p_state text, p_at bigint, p_identity text)
RETURNS SETOF listeners LANGUAGE sql AS $$
    UPDATE listeners
    SET state = p_state, moved_at = p_at, mode = CASE WHEN p_state = 'left' THEN 'listen' ELSE mode END
    WHERE identity = p_identity AND state <> p_state
    RETURNING *
$$;

CREATE FUNCTION supervise(p_mode text, p_at bigint, p_identity text, p_name text)
RETURNS SETOF listeners LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call((SELECT call_id FROM listeners WHERE identity = p_identity));
    RETURN QUERY
    UPDATE listeners
    SET mode = p_mode, moved_at = p_at
    WHERE
        listeners.identity = p_identity AND listeners.name = p_name
        AND listeners.state <> 'left' AND listeners.mode <> p_mode
        AND EXISTS (SELECT 1 FROM calls WHERE calls.id = listeners.call_id AND calls.ended_at IS NULL)
        AND (
            p_mode = 'listen' OR NOT EXISTS (
                SELECT 1
                FROM listeners AS other
                WHERE
                    other.call_id = listeners.call_id AND other.identity <> p_identity
                    AND other.mode <> 'listen'
            )
        )
    RETURNING *;
END $$;
