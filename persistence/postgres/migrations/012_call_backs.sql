-- Call backs: SQLite's 023, which tells what they are. The functions of before stay for workers of the version before.

ALTER TABLE queue ADD COLUMN link_hash text;
ALTER TABLE queue ADD COLUMN called_back_at bigint;

ALTER TABLE queue DROP CONSTRAINT queue_state_check;
ALTER TABLE queue ADD CONSTRAINT queue_state_check CHECK (
    state IN ('waiting', 'offered', 'taken', 'talked', 'abandoned', 'overflowed', 'unreached')
);

CREATE UNIQUE INDEX one_entry_a_link ON queue (link_hash) WHERE link_hash IS NOT NULL;
CREATE INDEX call_backs_in_order ON queue (started_at, id) WHERE call_back = 1;

CREATE FUNCTION call_back_is_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE queue
    SET not_before = NEW.ended_at, moved_at = NEW.ended_at
    WHERE call_id = NEW.id AND state = 'waiting' AND call_back = 1 AND not_before = 9007199254740991;
    RETURN NULL;
END $$;

CREATE TRIGGER call_back_is_due AFTER UPDATE OF ended_at ON calls
FOR EACH ROW WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL)
EXECUTE FUNCTION call_back_is_due();

CREATE FUNCTION call_back_is_not_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE queue
    SET state = 'waiting', not_before = 9007199254740991, moved_by = NEW.moved_by, moved_at = NEW.moved_at
    WHERE call_id = NEW.id AND state IN ('waiting', 'offered') AND call_back = 1;
    RETURN NULL;
END $$;

CREATE TRIGGER call_back_is_not_due AFTER UPDATE OF ended_at ON calls
FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL AND NEW.ended_at IS NULL)
EXECUTE FUNCTION call_back_is_not_due();

CREATE FUNCTION call_back_answered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell(NEW.call_id, NEW.id, 'queue', 'call_back', NEW.state, NEW.moved_by, NEW.moved_at);

    UPDATE offers SET call_id = NEW.call_id, ends_at = ends_at + 60000 WHERE id = NEW.offer_id;
    RETURN NULL;
END $$;

CREATE TRIGGER queue_5_call_back_answered AFTER UPDATE OF called_back_at ON queue
FOR EACH ROW WHEN (OLD.called_back_at IS NULL AND NEW.called_back_at IS NOT NULL)
EXECUTE FUNCTION call_back_answered();

CREATE FUNCTION enter_queue(
    p_id text, p_role text, p_started_at bigint, p_entered_at bigint, p_people text, p_rings_ms bigint,
    p_priority bigint, p_skills text, p_overflows_at bigint, p_overflow_to text, p_wrap_up bigint,
    p_attempt_id text, p_call_back bigint, p_not_before bigint, p_link_hash text, p_call_id text, p_longest bigint
) RETURNS SETOF queue LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM lock_call(p_call_id);
    RETURN QUERY
    INSERT INTO queue (
        id, call_id, role, started_at, entered_at, people, rings_ms, priority, skills, overflows_at, overflow_to,
        wrap_up, attempt_id, call_back, not_before, link_hash, moved_at, moved_by
    )
    SELECT
        p_id, id, p_role, p_started_at, p_entered_at, p_people, p_rings_ms, p_priority, p_skills, p_overflows_at,
        p_overflow_to, p_wrap_up, p_attempt_id, p_call_back, p_not_before, p_link_hash, p_entered_at, holder_job
    FROM calls
    WHERE
        id = p_call_id AND ended_at IS NULL
        AND (
            p_longest IS NULL
            OR (
                SELECT count(*)
                FROM queue
                WHERE role = p_role AND state IN ('waiting', 'offered') AND call_back = 0
            ) < p_longest
        )
    ON CONFLICT DO NOTHING
    RETURNING *;
END $$;

CREATE FUNCTION miss_call_back(
    p_again_at bigint, p_at bigint, p_offer_id text
) RETURNS SETOF queue LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM lock_call_of_offer(p_offer_id);
    PERFORM lock_person((SELECT person FROM offers WHERE id = p_offer_id));
    RETURN QUERY
    UPDATE queue
    SET
        state = CASE WHEN p_again_at IS NULL THEN 'unreached' ELSE 'waiting' END,
        person = CASE WHEN p_again_at IS NULL THEN person END,
        offer_id = CASE WHEN p_again_at IS NULL THEN offer_id END,
        tries = tries + 1, not_before = coalesce(p_again_at, not_before), moved_by = 'rule', moved_at = p_at
    WHERE
        offer_id = p_offer_id AND state = 'taken' AND call_back = 1
        AND EXISTS (
            SELECT 1 FROM offers WHERE offers.id = p_offer_id AND ended_at IS NULL AND ends_at <= now_ms()
        )
    RETURNING *;
END $$;

CREATE FUNCTION answer_call_back(
    p_call_id text, p_at bigint, p_by text, p_offer_id text
) RETURNS SETOF queue LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM lock_call_of_offer(p_offer_id);
    PERFORM lock_call(p_call_id);
    PERFORM lock_person((SELECT person FROM offers WHERE id = p_offer_id));
    RETURN QUERY
    UPDATE queue
    SET call_id = p_call_id, call_back = 0, called_back_at = p_at, moved_by = p_by, moved_at = p_at
    WHERE
        offer_id = p_offer_id AND state = 'taken' AND call_back = 1
        AND EXISTS (SELECT 1 FROM calls WHERE calls.id = p_call_id AND ended_at IS NULL)
        AND EXISTS (
            SELECT 1 FROM offers WHERE offers.id = p_offer_id AND ended_at IS NULL AND ends_at > now_ms()
        )
    RETURNING *;
END $$;
