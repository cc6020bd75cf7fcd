-- People who are called by telephone: SQLite's 021, which tells what the table is for.

CREATE TABLE dials (
    id          text COLLATE "C" PRIMARY KEY,
    entry_id    text COLLATE "C" NOT NULL REFERENCES queue (id) ON DELETE CASCADE,
    call_id     text COLLATE "C" NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    role        text COLLATE "C" NOT NULL,
    person      text COLLATE "C" NOT NULL,
    line        text COLLATE "C" NOT NULL,
    shown       text NOT NULL,
    dialled_at  bigint NOT NULL,
    state       text NOT NULL DEFAULT 'dialling' CHECK (
        state IN (
            'dialling', 'ringing', 'answered', 'accepted', 'busy', 'declined', 'no_answer', 'unreachable',
            'wrong_number', 'trunk_refused', 'machine', 'screened', 'hung_up', 'silent', 'not_accepted',
            'cancelled', 'talked'
        )
    ),
    answered_at bigint,
    ended_at    bigint,
    gone_at     bigint,
    moved_at    bigint NOT NULL,
    CHECK ((ended_at IS NULL) = (state IN ('dialling', 'ringing', 'answered', 'accepted'))),
    CHECK (gone_at IS NULL OR ended_at IS NOT NULL)
);

CREATE UNIQUE INDEX one_dial_a_line ON dials (line) WHERE gone_at IS NULL;
CREATE INDEX dials_of_line ON dials (line, dialled_at);
CREATE INDEX dials_of_call ON dials (call_id, dialled_at);
CREATE INDEX dials_of_entry ON dials (entry_id);
CREATE INDEX dials_left ON dials (ended_at) WHERE gone_at IS NULL;

-- Migrations before this one may have added kinds, so the list is taken from the constraint itself.
DO $$
DECLARE
    kinds text := (SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'events_kind_check');
BEGIN
    ALTER TABLE events DROP CONSTRAINT events_kind_check;
    EXECUTE 'ALTER TABLE events ADD CONSTRAINT events_kind_check '
        || replace(replace(kinds, ' NOT VALID', ''), 'ARRAY[', 'ARRAY[''dial''::text, ')
        || ' NOT VALID';
END $$;

CREATE FUNCTION dial_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell(
        NEW.call_id, NEW.id, 'dial', CASE WHEN TG_OP = 'UPDATE' THEN OLD.state END, NEW.state, NEW.role,
        NEW.moved_at
    );
    RETURN NULL;
END $$;

CREATE TRIGGER dials_1_begun AFTER INSERT ON dials FOR EACH ROW EXECUTE FUNCTION dial_moved();

CREATE TRIGGER dials_2_moved AFTER UPDATE OF state ON dials
FOR EACH ROW WHEN (NEW.state <> OLD.state)
EXECUTE FUNCTION dial_moved();

CREATE FUNCTION taken_by_phone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell(NEW.call_id, NEW.id, 'offer', 'offered', 'accepted', NEW.person, NEW.answered_at);

    UPDATE queue
    SET state = 'taken', person = NEW.person, offer_id = NEW.id, moved_by = NEW.person, moved_at = NEW.answered_at
    WHERE id = NEW.entry_id;

    UPDATE presence
    SET state = 'busy', reason = '', since = NEW.answered_at, moved_by = NEW.person
    WHERE person = NEW.person;
    RETURN NULL;
END $$;

CREATE TRIGGER offers_9_taken_by_phone AFTER INSERT ON offers
FOR EACH ROW WHEN (NEW.outcome = 'accepted')
EXECUTE FUNCTION taken_by_phone();

CREATE FUNCTION dials_follow_their_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE dials
    SET state = 'accepted', moved_at = NEW.moved_at
    WHERE id = NEW.offer_id AND NEW.state = 'taken' AND ended_at IS NULL;

    UPDATE dials
    SET state = CASE state WHEN 'accepted' THEN 'talked' ELSE 'cancelled' END, ended_at = NEW.moved_at,
        moved_at = NEW.moved_at
    WHERE entry_id = NEW.id AND ended_at IS NULL AND (NEW.state <> 'taken' OR id <> NEW.offer_id);
    RETURN NULL;
END $$;

CREATE TRIGGER queue_9_dials_follow_their_entry AFTER UPDATE OF state ON queue
FOR EACH ROW
WHEN (NEW.state <> OLD.state AND (OLD.state = 'taken' OR NEW.state NOT IN ('waiting', 'offered')))
EXECUTE FUNCTION dials_follow_their_entry();

-- The moves. Each locks the call first, then the person, as those of 008.

CREATE FUNCTION lock_call_of_dial(p_id text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call((SELECT call_id FROM dials WHERE id = p_id));
END $$;

CREATE FUNCTION dial(
    p_id text, p_person text, p_line text, p_shown text, p_dialled_at bigint, p_entry_id text, p_since bigint,
    p_calls bigint, p_talk_ms bigint
) RETURNS SETOF dials LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM lock_call_of_entry(p_entry_id);
    RETURN QUERY
    INSERT INTO dials (id, entry_id, call_id, role, person, line, shown, dialled_at, moved_at)
    SELECT
        p_id, queue.id, queue.call_id, queue.role, p_person, p_line, p_shown, p_dialled_at, p_dialled_at
    FROM queue
    WHERE
        queue.id = p_entry_id AND queue.state IN ('waiting', 'offered')
        AND (SELECT count(*) FROM dials WHERE line = p_line AND dialled_at > p_since) < p_calls
        AND (
            SELECT coalesce(sum(coalesce(ended_at, p_dialled_at) - answered_at), 0)
            FROM dials
            WHERE line = p_line AND dialled_at > p_since
        ) < p_talk_ms
    ON CONFLICT DO NOTHING
    RETURNING *;
END $$;

CREATE FUNCTION move_dial(p_state text, p_at bigint, p_id text) RETURNS SETOF dials LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM lock_call_of_dial(p_id);
    RETURN QUERY
    UPDATE dials
    SET state = p_state, answered_at = CASE WHEN p_state = 'answered' THEN p_at END, moved_at = p_at
    WHERE
        id = p_id
        AND (state = 'dialling' OR (state = 'ringing' AND p_state = 'answered'))
    RETURNING *;
END $$;

CREATE FUNCTION take_by_phone(p_at bigint, p_id text) RETURNS SETOF offers LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM lock_call_of_dial(p_id);
    PERFORM lock_person((SELECT person FROM dials WHERE id = p_id));
    RETURN QUERY
    INSERT INTO offers (id, entry_id, call_id, role, person, offered_at, ends_at, outcome, answered_at)
    SELECT
        dials.id, dials.entry_id, dials.call_id, dials.role, dials.person, dials.dialled_at, now_ms() + 60000,
        'accepted', p_at
    FROM dials
    JOIN queue ON queue.id = dials.entry_id
    WHERE dials.id = p_id AND dials.state = 'answered' AND queue.state IN ('waiting', 'offered')
    ON CONFLICT DO NOTHING
    RETURNING *;
END $$;

CREATE FUNCTION end_dial(
    p_state text, p_at bigint, p_gone bigint, p_id text
) RETURNS SETOF dials LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM lock_call_of_dial(p_id);
    RETURN QUERY
    UPDATE dials
    SET state = p_state, ended_at = p_at, gone_at = CASE WHEN p_gone = 1 THEN p_at END, moved_at = p_at
    WHERE id = p_id AND ended_at IS NULL
    RETURNING *;
END $$;

CREATE FUNCTION dial_gone(p_at bigint, p_id text) RETURNS SETOF dials LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    UPDATE dials
    SET gone_at = p_at
    WHERE id = p_id AND ended_at IS NOT NULL AND gone_at IS NULL
    RETURNING *;
END $$;
