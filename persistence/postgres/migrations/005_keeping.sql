-- How long what people said, and who they are, is kept: SQLite's 016, which tells what the columns are for.

ALTER TABLE calls ADD COLUMN legal_hold_at bigint;
ALTER TABLE calls ADD COLUMN legal_hold_by text CHECK ((legal_hold_by IS NULL) = (legal_hold_at IS NULL));
ALTER TABLE calls ADD COLUMN words_gone_at bigint;
ALTER TABLE calls ADD COLUMN numbers_gone_at bigint;
ALTER TABLE calls ADD COLUMN forgotten_by text;

CREATE INDEX calls_with_words ON calls (ended_at)
WHERE ended_at IS NOT NULL AND words_gone_at IS NULL AND legal_hold_at IS NULL;
CREATE INDEX calls_with_numbers ON calls (ended_at)
WHERE ended_at IS NOT NULL AND numbers_gone_at IS NULL AND legal_hold_at IS NULL;
CREATE INDEX calls_that_tell_numbers ON calls (ended_at)
WHERE ended_at IS NOT NULL AND substr(caller_number, 1, 1) = '#' AND room <> '';
CREATE INDEX requests_with_rooms ON operator_requests (requested_at) WHERE call_id IS NULL AND room <> id;

CREATE FUNCTION legal_hold_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.legal_hold_at IS NULL THEN
        PERFORM tell(NEW.id, NEW.id, 'call', 'legal_hold', 'released', NEW.moved_by, NEW.moved_at);
    ELSE
        PERFORM tell(NEW.id, NEW.id, 'call', NULL, 'legal_hold', NEW.moved_by, NEW.moved_at);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER call_6_legal_hold_moved AFTER UPDATE OF legal_hold_at ON calls
FOR EACH ROW WHEN ((OLD.legal_hold_at IS NULL) <> (NEW.legal_hold_at IS NULL))
EXECUTE FUNCTION legal_hold_moved();

CREATE FUNCTION call_forgotten() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell(NEW.id, NEW.id, 'call', NULL, 'forgotten', NEW.forgotten_by, NEW.moved_at);
    RETURN NULL;
END $$;

CREATE TRIGGER call_7_forgotten AFTER UPDATE OF forgotten_by ON calls
FOR EACH ROW WHEN (NEW.forgotten_by IS NOT NULL)
EXECUTE FUNCTION call_forgotten();

CREATE FUNCTION words_go() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE turns SET text = '' WHERE call_id = NEW.id;

    UPDATE attempts
    SET reason = ''
    WHERE reason IS NOT NULL AND handoff_id IN (SELECT id FROM handoffs WHERE call_id = NEW.id);

    UPDATE handoffs
    SET reason = '', note = '', redirect_reason = '', redirect_note = '', summary = NULL, summary_source = NULL,
        last_reason = CASE WHEN last_reason IS NOT NULL THEN '' END, found_by = target, idempotency_key = id
    WHERE call_id = NEW.id;

    UPDATE operator_requests
    SET words = '', reason = CASE WHEN reason IS NOT NULL THEN '' END, idempotency_key = id
    WHERE call_id = NEW.id;

    UPDATE tool_uses
    SET arguments = '{}', arguments_hash = id, idempotency_key = id, answer = ''
    WHERE call_id = NEW.id;
    RETURN NULL;
END $$;

CREATE TRIGGER call_8_words_go AFTER UPDATE OF words_gone_at ON calls
FOR EACH ROW WHEN (NEW.words_gone_at IS NOT NULL)
EXECUTE FUNCTION words_go();

CREATE FUNCTION room_goes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE operator_requests SET room = id WHERE call_id = NEW.id;
    UPDATE operator_requests SET room = id WHERE call_id IS NULL AND room = OLD.room;
    RETURN NULL;
END $$;

CREATE TRIGGER call_9_room_goes AFTER UPDATE OF room ON calls
FOR EACH ROW WHEN (NEW.room = '' AND OLD.room <> '')
EXECUTE FUNCTION room_goes();

-- Several purgers may run: each takes a call that no other one has.
CREATE FUNCTION purge_words(p_before bigint, p_at bigint) RETURNS SETOF calls LANGUAGE sql AS $$
    UPDATE calls
    SET words_gone_at = p_at
    WHERE id = (
        SELECT id
        FROM calls
        WHERE ended_at IS NOT NULL AND words_gone_at IS NULL AND legal_hold_at IS NULL AND ended_at < p_before
        ORDER BY ended_at
        LIMIT 1
        FOR NO KEY UPDATE SKIP LOCKED
    )
    RETURNING *
$$;

CREATE FUNCTION purge_numbers(p_before bigint, p_at bigint) RETURNS SETOF calls LANGUAGE sql AS $$
    UPDATE calls
    SET numbers_gone_at = p_at, caller = '', caller_name = '', caller_number = '', room = '', found_by = id
    WHERE id = (
        SELECT id
        FROM calls
        WHERE ended_at IS NOT NULL AND numbers_gone_at IS NULL AND legal_hold_at IS NULL AND ended_at < p_before
        ORDER BY ended_at
        LIMIT 1
        FOR NO KEY UPDATE SKIP LOCKED
    )
    RETURNING *
$$;

CREATE FUNCTION hide_number(p_before bigint) RETURNS SETOF calls LANGUAGE sql AS $$
    UPDATE calls
    SET caller = caller_number, room = '', found_by = id || chr(10) || caller_number
    WHERE id = (
        SELECT id
        FROM calls
        WHERE
            ended_at IS NOT NULL AND substr(caller_number, 1, 1) = '#' AND room <> '' AND ended_at < p_before
        ORDER BY ended_at
        LIMIT 1
        FOR NO KEY UPDATE SKIP LOCKED
    )
    RETURNING *
$$;

CREATE FUNCTION purge_room(p_before bigint) RETURNS SETOF operator_requests LANGUAGE sql AS $$
    UPDATE operator_requests
    SET room = id
    WHERE id = (
        SELECT id
        FROM operator_requests
        WHERE call_id IS NULL AND room <> id AND requested_at < p_before
        ORDER BY requested_at
        LIMIT 1
        FOR NO KEY UPDATE SKIP LOCKED
    )
    RETURNING *
$$;

CREATE FUNCTION put_legal_hold(p_at bigint, p_by text, p_id text) RETURNS SETOF calls LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call(p_id);
    RETURN QUERY
    UPDATE calls
    SET legal_hold_at = p_at, legal_hold_by = p_by, moved_by = p_by, moved_at = p_at
    WHERE id = p_id AND legal_hold_at IS NULL AND words_gone_at IS NULL
    RETURNING *;
END $$;

CREATE FUNCTION end_legal_hold(p_by text, p_at bigint, p_id text) RETURNS SETOF calls LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call(p_id);
    RETURN QUERY
    UPDATE calls
    SET legal_hold_at = NULL, legal_hold_by = NULL, moved_by = p_by, moved_at = p_at
    WHERE id = p_id AND legal_hold_at IS NOT NULL
    RETURNING *;
END $$;

CREATE FUNCTION forget_call(p_at bigint, p_by text, p_id text) RETURNS SETOF calls LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call(p_id);
    RETURN QUERY
    UPDATE calls
    SET words_gone_at = coalesce(words_gone_at, p_at), numbers_gone_at = p_at, forgotten_by = p_by,
        caller = '', caller_name = '', caller_number = '', room = '', found_by = id,
        moved_by = p_by, moved_at = p_at
    WHERE id = p_id AND ended_at IS NOT NULL AND legal_hold_at IS NULL AND numbers_gone_at IS NULL
    RETURNING *;
END $$;
