-- Messages that callers leave for people: SQLite's 027, which tells what the table is for.

CREATE TABLE messages (
    id        text COLLATE "C" PRIMARY KEY,
    call_id   text COLLATE "C" NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    role      text COLLATE "C" NOT NULL,
    from_role text COLLATE "C" NOT NULL,
    words     text NOT NULL,
    for_whom  text NOT NULL,
    reach     text NOT NULL,
    left_at   bigint NOT NULL,
    state     text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'taken', 'done')),
    person    text COLLATE "C",
    moved_at  bigint NOT NULL,
    moved_by  text NOT NULL,
    CHECK ((state = 'open') = (person IS NULL))
);

CREATE INDEX messages_of_call ON messages (call_id, left_at);
CREATE INDEX messages_by_time ON messages (left_at, id);
CREATE INDEX messages_to_do ON messages (left_at, id) WHERE state <> 'done';

-- Migrations before this one may have added kinds, so the list is taken from the constraint itself.
DO $$
DECLARE
    kinds text := (SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'events_kind_check');
BEGIN
    ALTER TABLE events DROP CONSTRAINT events_kind_check;
    EXECUTE 'ALTER TABLE events ADD CONSTRAINT events_kind_check '
        || replace(replace(kinds, ' NOT VALID', ''), 'ARRAY[', 'ARRAY[''message''::text, ')
        || ' NOT VALID';
END $$;

CREATE FUNCTION message_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell(
        NEW.call_id, NEW.id, 'message', CASE WHEN TG_OP = 'UPDATE' THEN OLD.state END, NEW.state, NEW.moved_by,
        NEW.moved_at
    );
    RETURN NULL;
END $$;

CREATE TRIGGER message_left AFTER INSERT ON messages FOR EACH ROW EXECUTE FUNCTION message_moved();

CREATE TRIGGER message_moved AFTER UPDATE OF state ON messages
FOR EACH ROW WHEN (NEW.state <> OLD.state)
EXECUTE FUNCTION message_moved();

CREATE FUNCTION words_of_messages_go() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE messages SET words = '', for_whom = '', reach = '' WHERE call_id = NEW.id;
    RETURN NULL;
END $$;

CREATE TRIGGER words_of_messages_go AFTER UPDATE OF words_gone_at ON calls
FOR EACH ROW WHEN (NEW.words_gone_at IS NOT NULL)
EXECUTE FUNCTION words_of_messages_go();

CREATE FUNCTION numbers_of_messages_go() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE messages SET reach = '' WHERE call_id = NEW.id;
    RETURN NULL;
END $$;

CREATE TRIGGER numbers_of_messages_go AFTER UPDATE OF numbers_gone_at ON calls
FOR EACH ROW WHEN (NEW.numbers_gone_at IS NOT NULL)
EXECUTE FUNCTION numbers_of_messages_go();

-- The moves.

CREATE FUNCTION leave_message(
    p_id text, p_role text, p_from_role text, p_words text, p_for_whom text, p_reach text, p_left_at bigint,
    p_call_id text, p_job text, p_at_most bigint
) RETURNS SETOF messages LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM lock_call(p_call_id);
    RETURN QUERY
    INSERT INTO messages (id, call_id, role, from_role, words, for_whom, reach, left_at, moved_at, moved_by)
    SELECT p_id, id, p_role, p_from_role, p_words, p_for_whom, p_reach, p_left_at, p_left_at, p_from_role
    FROM calls
    WHERE
        id = p_call_id AND ended_at IS NULL AND holder_job = p_job
        AND (SELECT count(*) FROM messages WHERE call_id = p_call_id) < p_at_most
    ON CONFLICT DO NOTHING
    RETURNING *;
END $$;

CREATE FUNCTION move_message(
    p_state text, p_by text, p_at bigint, p_id text
) RETURNS SETOF messages LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM lock_call((SELECT call_id FROM messages WHERE id = p_id));
    RETURN QUERY
    UPDATE messages
    SET state = p_state, person = CASE WHEN p_state <> 'open' THEN p_by END, moved_by = p_by, moved_at = p_at
    WHERE id = p_id AND state <> p_state AND (p_state <> 'taken' OR state = 'open')
    RETURNING *;
END $$;
