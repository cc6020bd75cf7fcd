-- What else a person does at their desk, and what is asked of one person by name. See 025 of SQLite.

ALTER TABLE handoffs ADD COLUMN person text;
ALTER TABLE offers ADD COLUMN help text CHECK (help IN ('asked', 'given', 'withdrawn'));
ALTER TABLE offers ADD COLUMN help_at bigint;
ALTER TABLE offers ADD COLUMN help_by text;
ALTER TABLE offers ADD COLUMN lost_at bigint;
ALTER TABLE offers ADD COLUMN back_at bigint;

CREATE INDEX help_asked ON offers (help_at) WHERE help = 'asked';

CREATE FUNCTION help_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell(
        NEW.call_id, NEW.id, 'offer', CASE OLD.help WHEN 'asked' THEN 'help_asked' ELSE 'connected' END,
        'help_' || NEW.help, NEW.help_by, NEW.help_at
    );
    RETURN NULL;
END $$;

CREATE TRIGGER offers_9_help_moved AFTER UPDATE OF help ON offers
FOR EACH ROW WHEN (NEW.help IS DISTINCT FROM OLD.help)
EXECUTE FUNCTION help_moved();

CREATE FUNCTION supervisor_helps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE offers
    SET help = 'given', help_by = NEW.name, help_at = NEW.moved_at
    WHERE call_id = NEW.call_id AND help = 'asked' AND ended_at IS NULL;
    RETURN NULL;
END $$;

CREATE TRIGGER supervisor_helps AFTER UPDATE OF mode ON listeners
FOR EACH ROW WHEN (OLD.mode = 'listen' AND NEW.mode <> 'listen')
EXECUTE FUNCTION supervisor_helps();

CREATE FUNCTION person_lost() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell(NEW.call_id, NEW.id, 'offer', 'connected', 'lost', 'rule', NEW.lost_at);
    RETURN NULL;
END $$;

CREATE TRIGGER offers_a_person_lost AFTER UPDATE OF lost_at ON offers
FOR EACH ROW WHEN (NEW.lost_at IS DISTINCT FROM OLD.lost_at)
EXECUTE FUNCTION person_lost();

CREATE FUNCTION person_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell(NEW.call_id, NEW.id, 'offer', 'lost', 'back', NEW.person, NEW.back_at);
    RETURN NULL;
END $$;

CREATE TRIGGER offers_b_person_back AFTER UPDATE OF back_at ON offers
FOR EACH ROW WHEN (NEW.back_at IS NOT NULL AND OLD.back_at IS NULL)
EXECUTE FUNCTION person_back();

-- The moves.

CREATE FUNCTION widen_entry(p_people text, p_id text) RETURNS SETOF queue LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM lock_call_of_entry(p_id);
    RETURN QUERY
    UPDATE queue SET people = p_people WHERE id = p_id AND state IN ('waiting', 'offered') RETURNING *;
END $$;

CREATE FUNCTION keep_note(p_note text, p_id text, p_person text) RETURNS SETOF offers LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM lock_call_of_offer(p_id);
    RETURN QUERY
    UPDATE offers
    SET note = p_note
    WHERE id = p_id AND person = p_person AND connected_at IS NOT NULL AND wrapped_up_at IS NULL
    RETURNING *;
END $$;

CREATE FUNCTION move_help(p_help text, p_by text, p_at bigint, p_id text) RETURNS SETOF offers LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM lock_call_of_offer(p_id);
    RETURN QUERY
    UPDATE offers
    SET help = p_help, help_by = p_by, help_at = p_at
    WHERE
        id = p_id AND person = p_by AND connected_at IS NOT NULL AND ended_at IS NULL
        AND (coalesce(help, '') = 'asked') = (p_help = 'withdrawn')
    RETURNING *;
END $$;

CREATE FUNCTION lose_person(p_at bigint, p_id text) RETURNS SETOF offers LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM lock_call_of_offer(p_id);
    RETURN QUERY
    UPDATE offers
    SET lost_at = p_at, back_at = NULL
    WHERE id = p_id AND connected_at IS NOT NULL AND ended_at IS NULL AND (lost_at IS NULL OR back_at IS NOT NULL)
    RETURNING *;
END $$;

CREATE FUNCTION find_person(p_at bigint, p_id text) RETURNS SETOF offers LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM lock_call_of_offer(p_id);
    RETURN QUERY
    UPDATE offers
    SET back_at = p_at
    WHERE id = p_id AND ended_at IS NULL AND lost_at IS NOT NULL AND back_at IS NULL
    RETURNING *;
END $$;

DROP FUNCTION request_handoff(text, text, text, text, text, text, text, text, bigint, text, text, text, bigint);

CREATE FUNCTION request_handoff(
    p_id text, p_call_id text, p_from_role text, p_from_job text, p_target text, p_reason text, p_requested_by text,
    p_idempotency_key text, p_requested_at bigint, p_note text, p_completes text, p_person text, p_found_by text,
    p_at_most bigint
) RETURNS SETOF handoffs LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call(p_call_id);
    RETURN QUERY
    INSERT INTO handoffs (
        id, call_id, from_role, from_job, target, reason, requested_by, idempotency_key, state, requested_at,
        note, completes, person, found_by, moved_by, moved_at
    )
    SELECT
        p_id, p_call_id, p_from_role, p_from_job, p_target, p_reason, p_requested_by, p_idempotency_key,
        'requested', p_requested_at, p_note, p_completes, p_person, p_found_by, p_requested_by, p_requested_at
    FROM calls
    WHERE
        calls.id = p_call_id
        AND calls.ended_at IS NULL
        AND calls.holder_job = p_from_job
        AND (calls.held_at IS NULL OR p_requested_by NOT IN ('model', 'rule'))
        AND (SELECT count(*) FROM handoffs WHERE call_id = p_call_id) < p_at_most
    ON CONFLICT DO NOTHING
    RETURNING *;
END $$;
