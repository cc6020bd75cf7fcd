-- A person who has a caller asks a second person in. See 027 of SQLite.

ALTER TABLE queue ADD COLUMN asked_by text;
ALTER TABLE queue ADD COLUMN asked_for text NOT NULL DEFAULT '';

DROP INDEX one_waiting_entry_a_call;
CREATE UNIQUE INDEX one_waiting_entry_a_call ON queue (call_id) WHERE state IN ('waiting', 'offered') AND asked_by IS NULL;
CREATE UNIQUE INDEX one_asked_in_a_talk ON queue (asked_by) WHERE state IN ('waiting', 'offered') AND asked_by IS NOT NULL;

CREATE FUNCTION second_asked_in() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell(NEW.call_id, NEW.asked_by, 'offer', 'connected', 'asked_in', NEW.moved_by, NEW.moved_at);
    RETURN NULL;
END $$;

CREATE TRIGGER second_asked_in AFTER INSERT ON queue
FOR EACH ROW WHEN (NEW.asked_by IS NOT NULL)
EXECUTE FUNCTION second_asked_in();

CREATE FUNCTION second_is_asked_no_more() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE queue
    SET state = 'abandoned', moved_by = 'rule', moved_at = NEW.ended_at
    WHERE asked_by = NEW.id AND state IN ('waiting', 'offered');

    UPDATE offers
    SET ended_at = NEW.ended_at
    WHERE
        call_id = NEW.call_id AND outcome = 'accepted' AND connected_at IS NULL AND ended_at IS NULL
        AND entry_id IN (SELECT id FROM queue WHERE asked_by = NEW.id);
    RETURN NULL;
END $$;

CREATE TRIGGER offers_c_second_is_asked_no_more AFTER UPDATE OF ended_at ON offers
FOR EACH ROW WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL)
EXECUTE FUNCTION second_is_asked_no_more();

CREATE FUNCTION second_has_the_caller() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell(NEW.call_id, other.id, 'offer', 'connected', 'leads', other.person, NEW.ended_at)
    FROM offers AS other
    JOIN calls ON calls.id = other.call_id
    WHERE
        other.call_id = NEW.call_id AND other.ended_at IS NULL AND other.connected_at >= NEW.connected_at
        AND calls.ended_at IS NULL
        AND NOT EXISTS (
            SELECT 1
            FROM handoffs
            WHERE handoffs.call_id = NEW.call_id AND handoffs.state = 'completed' AND handoffs.ended_at = NEW.ended_at
        );
    RETURN NULL;
END $$;

CREATE TRIGGER offers_d_second_has_the_caller AFTER UPDATE OF ended_at ON offers
FOR EACH ROW WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL)
EXECUTE FUNCTION second_has_the_caller();

CREATE FUNCTION talks_end_with_a_handoff() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE offers
    SET ended_at = NEW.ended_at
    WHERE
        call_id = NEW.call_id AND outcome = 'accepted' AND ended_at IS NULL
        AND connected_at <= coalesce(NEW.accepted_at, NEW.ended_at);
    RETURN NULL;
END $$;

CREATE TRIGGER talks_end_with_a_handoff AFTER UPDATE OF state ON handoffs
FOR EACH ROW WHEN (NEW.state = 'completed' AND NEW.requested_by <> 'deploy')
EXECUTE FUNCTION talks_end_with_a_handoff();

CREATE FUNCTION words_for_seconds_go() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE queue SET asked_for = '' WHERE call_id = NEW.id;
    RETURN NULL;
END $$;

CREATE TRIGGER words_for_seconds_go AFTER UPDATE OF words_gone_at ON calls
FOR EACH ROW WHEN (NEW.words_gone_at IS NOT NULL)
EXECUTE FUNCTION words_for_seconds_go();

-- The moves.

CREATE FUNCTION ask_in(
    p_id text, p_role text, p_at bigint, p_people text, p_rings_ms bigint, p_skills text, p_overflows_at bigint,
    p_wrap_up bigint, p_asked_for text, p_asked_by text, p_by text
) RETURNS SETOF queue LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM lock_call_of_offer(p_asked_by);
    RETURN QUERY
    INSERT INTO queue (
        id, call_id, role, started_at, entered_at, people, rings_ms, priority, skills, overflows_at, overflow_to,
        wrap_up, asked_by, asked_for, moved_at, moved_by
    )
    SELECT
        p_id, talk.call_id, p_role, own.started_at, p_at, p_people, p_rings_ms, own.priority, p_skills, p_overflows_at,
        '', p_wrap_up, talk.id, p_asked_for, p_at, talk.person
    FROM offers AS talk
    JOIN queue AS own ON own.id = talk.entry_id
    WHERE
        talk.id = p_asked_by AND talk.person = p_by AND talk.connected_at IS NOT NULL AND talk.ended_at IS NULL
        AND NOT EXISTS (
            SELECT 1
            FROM offers AS other
            WHERE
                other.call_id = talk.call_id AND other.id <> talk.id AND other.outcome = 'accepted'
                AND other.ended_at IS NULL
        )
        AND NOT EXISTS (SELECT 1 FROM handoffs WHERE handoffs.call_id = talk.call_id AND handoffs.ended_at IS NULL)
    ON CONFLICT DO NOTHING
    RETURNING *;
END $$;

CREATE FUNCTION leave_talk(p_at bigint, p_id text, p_person text) RETURNS SETOF offers LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM lock_call_of_offer(p_id);
    PERFORM lock_person(p_person);
    RETURN QUERY
    UPDATE offers
    SET ended_at = p_at
    WHERE
        id = p_id AND person = p_person AND connected_at IS NOT NULL AND ended_at IS NULL
        AND EXISTS (
            SELECT 1
            FROM offers AS other
            WHERE
                other.call_id = offers.call_id AND other.id <> offers.id AND other.connected_at IS NOT NULL
                AND other.ended_at IS NULL AND (other.lost_at IS NULL OR other.back_at IS NOT NULL)
        )
    RETURNING *;
END $$;
