-- People who take calls: SQLite's 019, which tells what the tables are for.

CREATE TABLE presence (
    person      text COLLATE "C" PRIMARY KEY,
    state       text NOT NULL CHECK (state IN ('available', 'busy', 'away', 'wrapping_up')),
    reason      text NOT NULL,
    since       bigint NOT NULL,
    lease_until bigint NOT NULL,
    moved_by    text NOT NULL
);

CREATE TABLE queue (
    id            text COLLATE "C" PRIMARY KEY,
    call_id       text COLLATE "C" NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    role          text COLLATE "C" NOT NULL,
    started_at    bigint NOT NULL,
    entered_at    bigint NOT NULL,
    people        text NOT NULL,
    rings_ms      bigint NOT NULL CHECK (rings_ms > 0),
    priority      bigint NOT NULL,
    skills        text NOT NULL,
    overflows_at  bigint,
    overflow_to   text NOT NULL,
    wrap_up       bigint NOT NULL CHECK (wrap_up IN (0, 1)),
    attempt_id    text,
    state         text NOT NULL DEFAULT 'waiting' CHECK (
        state IN ('waiting', 'offered', 'taken', 'talked', 'abandoned', 'overflowed', 'called_back', 'unreached')
    ),
    person        text,
    offer_id      text,
    call_back     bigint NOT NULL DEFAULT 0 CHECK (call_back IN (0, 1)),
    tries         bigint NOT NULL DEFAULT 0,
    not_before    bigint NOT NULL DEFAULT 0,
    told_wait_ms  bigint,
    moved_at      bigint NOT NULL,
    moved_by      text NOT NULL,
    CHECK ((person IS NULL) = (offer_id IS NULL)),
    CHECK (state <> 'taken' OR person IS NOT NULL)
);

CREATE UNIQUE INDEX one_open_entry_a_call ON queue (call_id) WHERE state IN ('waiting', 'offered', 'taken');
CREATE INDEX entries_of_call ON queue (call_id, entered_at);
CREATE INDEX queue_in_order ON queue (priority, started_at, id) WHERE state IN ('waiting', 'offered', 'taken');
CREATE INDEX entries_by_time ON queue (entered_at);

CREATE TABLE offers (
    id            text COLLATE "C" PRIMARY KEY,
    entry_id      text COLLATE "C" NOT NULL REFERENCES queue (id) ON DELETE CASCADE,
    call_id       text COLLATE "C" NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    role          text COLLATE "C" NOT NULL,
    person        text COLLATE "C" NOT NULL,
    offered_at    bigint NOT NULL,
    ends_at       bigint NOT NULL,
    outcome       text CHECK (outcome IN ('accepted', 'declined', 'missed', 'withdrawn')),
    reason        text NOT NULL DEFAULT '',
    answered_at   bigint,
    connected_at  bigint,
    ended_at      bigint,
    returned      bigint NOT NULL DEFAULT 0 CHECK (returned IN (0, 1)),
    wrapped_up_at bigint,
    code          text NOT NULL DEFAULT '',
    note          text NOT NULL DEFAULT '',
    CHECK ((outcome IS NULL) = (answered_at IS NULL)),
    CHECK (outcome = 'accepted' OR (connected_at IS NULL AND ended_at IS NULL)),
    CHECK (wrapped_up_at IS NULL OR ended_at IS NOT NULL)
);

CREATE UNIQUE INDEX one_ringing_a_desk ON offers (person) WHERE outcome IS NULL;
CREATE UNIQUE INDEX one_talk_a_person ON offers (person) WHERE outcome = 'accepted' AND ended_at IS NULL;
CREATE UNIQUE INDEX one_winner_an_entry ON offers (entry_id) WHERE outcome = 'accepted' AND ended_at IS NULL;
CREATE INDEX offers_of_entry ON offers (entry_id, offered_at);
CREATE INDEX offers_of_call ON offers (call_id);
CREATE INDEX offers_of_person ON offers (person, offered_at);
CREATE INDEX offers_by_time ON offers (offered_at);

-- Migrations before this one may have added kinds, so the list is taken from the constraint itself.
DO $$
DECLARE
    kinds text := (SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'events_kind_check');
BEGIN
    ALTER TABLE events DROP CONSTRAINT events_kind_check;
    EXECUTE 'ALTER TABLE events ADD CONSTRAINT events_kind_check '
        || replace(
            replace(kinds, ' NOT VALID', ''), 'ARRAY[', 'ARRAY[''presence''::text, ''queue''::text, ''offer''::text, '
        )
        || ' NOT VALID';
END $$;

CREATE FUNCTION presence_begun() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell(NULL, NEW.person, 'presence', NULL, NEW.state, NEW.moved_by, NEW.since);
    RETURN NULL;
END $$;

CREATE TRIGGER presence_1_presence_begun AFTER INSERT ON presence
FOR EACH ROW
EXECUTE FUNCTION presence_begun();

CREATE FUNCTION presence_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell(NULL, NEW.person, 'presence', OLD.state, NEW.state, NEW.moved_by, NEW.since);
    RETURN NULL;
END $$;

CREATE TRIGGER presence_2_presence_moved AFTER UPDATE OF state, reason ON presence
FOR EACH ROW WHEN (NEW.state <> OLD.state OR NEW.reason <> OLD.reason)
EXECUTE FUNCTION presence_moved();

CREATE FUNCTION entry_begun() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell(NEW.call_id, NEW.id, 'queue', NULL, NEW.state, NEW.moved_by, NEW.moved_at);
    RETURN NULL;
END $$;

CREATE TRIGGER queue_1_entry_begun AFTER INSERT ON queue
FOR EACH ROW
EXECUTE FUNCTION entry_begun();

CREATE FUNCTION entry_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell(NEW.call_id, NEW.id, 'queue', OLD.state, NEW.state, NEW.moved_by, NEW.moved_at);
    RETURN NULL;
END $$;

CREATE TRIGGER queue_2_entry_moved AFTER UPDATE OF state ON queue
FOR EACH ROW WHEN (NEW.state <> OLD.state)
EXECUTE FUNCTION entry_moved();

CREATE FUNCTION offer_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell(
        NEW.call_id, NEW.id, 'offer', 'offered', NEW.outcome,
        CASE WHEN NEW.outcome IN ('accepted', 'declined') THEN NEW.person ELSE 'rule' END, NEW.answered_at
    );
    RETURN NULL;
END $$;

CREATE TRIGGER offers_1_offer_moved AFTER UPDATE OF outcome ON offers
FOR EACH ROW WHEN (NEW.outcome IS NOT NULL)
EXECUTE FUNCTION offer_moved();

CREATE FUNCTION talk_begun() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell(NEW.call_id, NEW.id, 'offer', 'accepted', 'connected', NEW.person, NEW.connected_at);
    RETURN NULL;
END $$;

CREATE TRIGGER offers_2_talk_begun AFTER UPDATE OF connected_at ON offers
FOR EACH ROW WHEN (OLD.connected_at IS NULL AND NEW.connected_at IS NOT NULL)
EXECUTE FUNCTION talk_begun();

CREATE FUNCTION offer_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell(NEW.call_id, NEW.id, 'offer', NULL, 'offered', 'rule', NEW.offered_at);

    UPDATE queue
    SET state = 'offered', moved_by = 'rule', moved_at = NEW.offered_at
    WHERE id = NEW.entry_id AND state = 'waiting';
    RETURN NULL;
END $$;

CREATE TRIGGER offers_3_offer_made AFTER INSERT ON offers
FOR EACH ROW
EXECUTE FUNCTION offer_made();

CREATE FUNCTION offer_accepted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE queue
    SET state = 'taken', person = NEW.person, offer_id = NEW.id, moved_by = NEW.person, moved_at = NEW.answered_at
    WHERE id = NEW.entry_id;

    UPDATE presence
    SET state = 'busy', reason = '', since = NEW.answered_at, moved_by = NEW.person
    WHERE person = NEW.person;
    RETURN NULL;
END $$;

CREATE TRIGGER offers_4_offer_accepted AFTER UPDATE OF outcome ON offers
FOR EACH ROW WHEN (NEW.outcome = 'accepted')
EXECUTE FUNCTION offer_accepted();

CREATE FUNCTION offer_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE queue
    SET state = 'waiting', moved_by = 'rule', moved_at = NEW.answered_at
    WHERE
        id = NEW.entry_id AND state = 'offered'
        AND NOT EXISTS (SELECT 1 FROM offers WHERE entry_id = NEW.entry_id AND outcome IS NULL);
    RETURN NULL;
END $$;

CREATE TRIGGER offers_5_offer_ended AFTER UPDATE OF outcome ON offers
FOR EACH ROW WHEN (NEW.outcome <> 'accepted')
EXECUTE FUNCTION offer_ended();

CREATE FUNCTION offer_missed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE presence
    SET state = 'away', reason = 'missed an offer', since = NEW.answered_at, moved_by = 'rule'
    WHERE person = NEW.person AND state = 'available';
    RETURN NULL;
END $$;

CREATE TRIGGER offers_6_offer_missed AFTER UPDATE OF outcome ON offers
FOR EACH ROW WHEN (NEW.outcome = 'missed')
EXECUTE FUNCTION offer_missed();

CREATE FUNCTION entry_rings_no_more() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE offers
    SET outcome = 'withdrawn', reason = NEW.state, answered_at = NEW.moved_at
    WHERE entry_id = NEW.id AND outcome IS NULL;
    RETURN NULL;
END $$;

CREATE TRIGGER queue_3_entry_rings_no_more AFTER UPDATE OF state ON queue
FOR EACH ROW WHEN (OLD.state = 'offered' AND NEW.state <> 'offered')
EXECUTE FUNCTION entry_rings_no_more();

CREATE FUNCTION person_left() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE offers
    SET outcome = 'withdrawn', reason = NEW.state, answered_at = NEW.since
    WHERE person = NEW.person AND outcome IS NULL;
    RETURN NULL;
END $$;

CREATE TRIGGER presence_3_person_left AFTER UPDATE OF state ON presence
FOR EACH ROW WHEN (OLD.state = 'available' AND NEW.state <> 'available')
EXECUTE FUNCTION person_left();

CREATE FUNCTION call_back_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE offers
    SET ended_at = NEW.moved_at,
        connected_at = CASE WHEN NEW.state = 'called_back' THEN coalesce(connected_at, NEW.moved_at) END,
        returned = (NEW.state <> 'called_back')::int
    WHERE id = OLD.offer_id AND ended_at IS NULL;
    RETURN NULL;
END $$;

CREATE TRIGGER queue_4_call_back_ended AFTER UPDATE OF state ON queue
FOR EACH ROW WHEN (OLD.state = 'taken' AND NEW.state IN ('waiting', 'called_back', 'unreached'))
EXECUTE FUNCTION call_back_ended();

CREATE FUNCTION talk_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell(
        NEW.call_id, NEW.id, 'offer', CASE WHEN NEW.connected_at IS NULL THEN 'accepted' ELSE 'connected' END,
        CASE WHEN NEW.returned = 1 THEN 'returned' ELSE 'ended' END, 'rule', NEW.ended_at
    );

    UPDATE queue
    SET state = CASE
            WHEN NEW.returned = 1 THEN 'waiting'
            WHEN NEW.connected_at IS NULL THEN 'abandoned'
            ELSE 'talked'
        END,
        person = CASE WHEN NEW.returned = 1 THEN NULL ELSE person END,
        offer_id = CASE WHEN NEW.returned = 1 THEN NULL ELSE offer_id END,
        moved_by = 'rule',
        moved_at = NEW.ended_at
    WHERE id = NEW.entry_id AND state = 'taken' AND offer_id = NEW.id;

    UPDATE presence
    SET state = CASE
            WHEN
                NEW.connected_at IS NOT NULL AND (SELECT wrap_up FROM queue WHERE id = NEW.entry_id) = 1
                THEN 'wrapping_up'
            ELSE 'available'
        END,
        since = NEW.ended_at,
        moved_by = 'rule'
    WHERE person = NEW.person AND state = 'busy';
    RETURN NULL;
END $$;

CREATE TRIGGER offers_7_talk_ended AFTER UPDATE OF ended_at ON offers
FOR EACH ROW WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL)
EXECUTE FUNCTION talk_ended();

CREATE FUNCTION talk_wrapped_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell(NEW.call_id, NEW.id, 'offer', 'ended', 'wrapped_up', NEW.person, NEW.wrapped_up_at);

    UPDATE presence
    SET state = 'available', since = NEW.wrapped_up_at, moved_by = NEW.person
    WHERE person = NEW.person AND state = 'wrapping_up';
    RETURN NULL;
END $$;

CREATE TRIGGER offers_8_talk_wrapped_up AFTER UPDATE OF wrapped_up_at ON offers
FOR EACH ROW WHEN (OLD.wrapped_up_at IS NULL AND NEW.wrapped_up_at IS NOT NULL)
EXECUTE FUNCTION talk_wrapped_up();

CREATE FUNCTION call_leaves_the_queue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE queue
    SET state = 'abandoned', moved_by = NEW.moved_by, moved_at = NEW.ended_at
    WHERE call_id = NEW.id AND state IN ('waiting', 'offered') AND call_back = 0;

    UPDATE offers
    SET ended_at = NEW.ended_at
    WHERE
        call_id = NEW.id AND outcome = 'accepted' AND ended_at IS NULL
        AND entry_id IN (SELECT id FROM queue WHERE call_id = NEW.id AND call_back = 0);
    RETURN NULL;
END $$;

CREATE TRIGGER call_leaves_the_queue AFTER UPDATE OF ended_at ON calls
FOR EACH ROW WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL)
EXECUTE FUNCTION call_leaves_the_queue();

CREATE FUNCTION words_of_offers_go() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE offers SET note = '', reason = CASE WHEN outcome = 'declined' THEN '' ELSE reason END WHERE call_id = NEW.id;
    RETURN NULL;
END $$;

CREATE TRIGGER words_of_offers_go AFTER UPDATE OF words_gone_at ON calls
FOR EACH ROW WHEN (NEW.words_gone_at IS NOT NULL)
EXECUTE FUNCTION words_of_offers_go();

-- The moves. Each locks the call first, then the person: two moves of one caller, or of one desk, come one by one.

CREATE FUNCTION lock_call_of_entry(p_id text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call((SELECT call_id FROM queue WHERE id = p_id));
END $$;

CREATE FUNCTION lock_call_of_offer(p_id text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call((SELECT call_id FROM offers WHERE id = p_id));
END $$;

-- The call that rings at a desk, if any.
CREATE FUNCTION lock_call_at_desk(p_person text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call((SELECT call_id FROM offers WHERE person = p_person AND outcome IS NULL));
END $$;

CREATE FUNCTION lock_person(p_person text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM presence WHERE person = p_person FOR NO KEY UPDATE;
END $$;

CREATE FUNCTION enter_queue(
    p_id text, p_role text, p_started_at bigint, p_entered_at bigint, p_people text, p_rings_ms bigint,
    p_priority bigint, p_skills text, p_overflows_at bigint, p_overflow_to text, p_wrap_up bigint,
    p_attempt_id text, p_call_id text, p_longest bigint
) RETURNS SETOF queue LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM lock_call(p_call_id);
    RETURN QUERY
    INSERT INTO queue (
        id, call_id, role, started_at, entered_at, people, rings_ms, priority, skills, overflows_at, overflow_to,
        wrap_up, attempt_id, moved_at, moved_by
    )
    SELECT
        p_id, id, p_role, p_started_at, p_entered_at, p_people, p_rings_ms, p_priority, p_skills, p_overflows_at,
        p_overflow_to, p_wrap_up, p_attempt_id, p_entered_at, holder_job
    FROM calls
    WHERE
        id = p_call_id AND ended_at IS NULL
        AND (
            p_longest IS NULL
            OR (SELECT count(*) FROM queue WHERE role = p_role AND state IN ('waiting', 'offered')) < p_longest
        )
    ON CONFLICT DO NOTHING
    RETURNING *;
END $$;

CREATE FUNCTION note_told_wait(p_wait_ms bigint, p_id text) RETURNS SETOF queue LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    UPDATE queue SET told_wait_ms = p_wait_ms WHERE id = p_id AND told_wait_ms IS NULL RETURNING *;
END $$;

CREATE FUNCTION leave_queue(
    p_state text, p_by text, p_at bigint, p_id text
) RETURNS SETOF queue LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM lock_call_of_entry(p_id);
    RETURN QUERY
    UPDATE queue
    SET state = p_state, moved_by = p_by, moved_at = p_at
    WHERE id = p_id AND state IN ('waiting', 'offered')
    RETURNING *;
END $$;

CREATE FUNCTION promise_call_back(
    p_due_at bigint, p_by text, p_at bigint, p_id text
) RETURNS SETOF queue LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM lock_call_of_entry(p_id);
    RETURN QUERY
    UPDATE queue
    SET call_back = 1, state = 'waiting', overflows_at = NULL, not_before = p_due_at,
        moved_by = p_by, moved_at = p_at
    WHERE id = p_id AND state IN ('waiting', 'offered') AND call_back = 0
    RETURNING *;
END $$;

CREATE FUNCTION end_call_back(
    p_reached bigint, p_again_at bigint, p_at bigint, p_offer_id text
) RETURNS SETOF queue LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM lock_call_of_offer(p_offer_id);
    RETURN QUERY
    UPDATE queue
    SET
        state = CASE
            WHEN p_reached = 1 THEN 'called_back' WHEN p_again_at IS NULL THEN 'unreached' ELSE 'waiting'
        END,
        person = CASE WHEN p_reached = 0 AND p_again_at IS NOT NULL THEN NULL ELSE person END,
        offer_id = CASE WHEN p_reached = 0 AND p_again_at IS NOT NULL THEN NULL ELSE offer_id END,
        tries = tries + 1 - p_reached, not_before = coalesce(p_again_at, not_before),
        moved_by = person, moved_at = p_at
    WHERE offer_id = p_offer_id AND state = 'taken' AND call_back = 1
    RETURNING *;
END $$;

CREATE FUNCTION set_presence(
    p_person text, p_state text, p_reason text, p_at bigint, p_lease_ms bigint, p_by text
) RETURNS SETOF presence LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM lock_call_at_desk(p_person);
    PERFORM lock_person(p_person);
    RETURN QUERY
    INSERT INTO presence (person, state, reason, since, lease_until, moved_by)
    SELECT p_person, p_state, p_reason, p_at, now_ms() + p_lease_ms, p_by
    WHERE
        p_state <> 'available'
        OR NOT EXISTS (
            SELECT 1
            FROM offers
            JOIN queue ON queue.id = offers.entry_id
            WHERE
                offers.person = p_person AND offers.outcome = 'accepted'
                AND (
                    offers.ended_at IS NULL
                    OR (offers.connected_at IS NOT NULL AND offers.wrapped_up_at IS NULL AND queue.wrap_up = 1)
                )
        )
    ON CONFLICT (person) DO UPDATE
    SET
        since = CASE
            WHEN presence.state = excluded.state AND presence.reason = excluded.reason THEN presence.since
            ELSE excluded.since
        END,
        state = excluded.state, reason = excluded.reason, lease_until = excluded.lease_until,
        moved_by = excluded.moved_by
    RETURNING *;
END $$;

CREATE FUNCTION beat(p_lease_ms bigint, p_person text) RETURNS SETOF presence LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    UPDATE presence SET lease_until = now_ms() + p_lease_ms WHERE person = p_person RETURNING *;
END $$;

CREATE FUNCTION close_desk(p_at bigint, p_person text) RETURNS SETOF presence LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM lock_call_at_desk(p_person);
    PERFORM lock_person(p_person);
    RETURN QUERY
    UPDATE presence
    SET state = 'away', reason = 'the desk is closed', since = p_at, moved_by = 'rule'
    WHERE person = p_person AND state <> 'away' AND lease_until < now_ms()
    RETURNING *;
END $$;

CREATE FUNCTION make_offer(
    p_id text, p_person text, p_at bigint, p_entry_id text, p_listed text, p_declined_since bigint
) RETURNS SETOF offers LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM lock_call_of_entry(p_entry_id);
    PERFORM lock_person(p_person);
    RETURN QUERY
    INSERT INTO offers (id, entry_id, call_id, role, person, offered_at, ends_at)
    SELECT p_id, entry.id, entry.call_id, entry.role, p_person, p_at, now_ms() + entry.rings_ms
    FROM queue AS entry
    WHERE
        entry.id = p_entry_id AND 
    entry.state IN ('waiting', 'offered') AND entry.not_before <= p_at AND instr(entry.people, p_listed) > 0
    AND NOT EXISTS (
        SELECT 1
        FROM offers AS declined
        WHERE
            declined.entry_id = entry.id AND declined.person = p_person AND declined.outcome = 'declined'
            AND declined.answered_at > p_declined_since
    )
        AND EXISTS (
            SELECT 1 FROM presence WHERE person = p_person AND state = 'available' AND lease_until >= now_ms()
        )
        AND NOT EXISTS (SELECT 1 FROM offers WHERE person = p_person AND outcome IS NULL)
        AND NOT EXISTS (
            SELECT 1
            FROM queue AS older
            WHERE
                (-older.priority, older.started_at, older.id) < (-entry.priority, entry.started_at, entry.id)
                AND 
    older.state IN ('waiting', 'offered') AND older.not_before <= p_at AND instr(older.people, p_listed) > 0
    AND NOT EXISTS (
        SELECT 1
        FROM offers AS declined
        WHERE
            declined.entry_id = older.id AND declined.person = p_person AND declined.outcome = 'declined'
            AND declined.answered_at > p_declined_since
    )
        )
    ON CONFLICT DO NOTHING
    RETURNING *;
END $$;

CREATE FUNCTION accept_offer(
    p_at bigint, p_connect_ms bigint, p_id text, p_person text
) RETURNS SETOF offers LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM lock_call_of_offer(p_id);
    PERFORM lock_person(p_person);
    RETURN QUERY
    UPDATE offers
    SET outcome = 'accepted', answered_at = p_at, ends_at = now_ms() + p_connect_ms
    WHERE
        id = p_id AND person = p_person AND outcome IS NULL AND ends_at > now_ms()
        AND EXISTS (SELECT 1 FROM queue WHERE queue.id = offers.entry_id AND queue.state = 'offered')
        AND EXISTS (SELECT 1 FROM presence WHERE person = p_person AND state = 'available')
    RETURNING *;
END $$;

CREATE FUNCTION decline_offer(
    p_reason text, p_at bigint, p_id text, p_person text
) RETURNS SETOF offers LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM lock_call_of_offer(p_id);
    PERFORM lock_person(p_person);
    RETURN QUERY
    UPDATE offers
    SET outcome = 'declined', reason = p_reason, answered_at = p_at
    WHERE id = p_id AND person = p_person AND outcome IS NULL
    RETURNING *;
END $$;

CREATE FUNCTION miss_offer(p_at bigint, p_id text) RETURNS SETOF offers LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM lock_call_of_offer(p_id);
    PERFORM lock_person((SELECT person FROM offers WHERE id = p_id));
    RETURN QUERY
    UPDATE offers
    SET outcome = 'missed', answered_at = p_at
    WHERE id = p_id AND outcome IS NULL AND ends_at <= now_ms()
    RETURNING *;
END $$;

CREATE FUNCTION withdraw_offer(p_reason text, p_at bigint, p_id text) RETURNS SETOF offers LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM lock_call_of_offer(p_id);
    PERFORM lock_person((SELECT person FROM offers WHERE id = p_id));
    RETURN QUERY
    UPDATE offers
    SET outcome = 'withdrawn', reason = p_reason, answered_at = p_at
    WHERE id = p_id AND outcome IS NULL
    RETURNING *;
END $$;

CREATE FUNCTION connect_talk(p_at bigint, p_id text) RETURNS SETOF offers LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM lock_call_of_offer(p_id);
    PERFORM lock_person((SELECT person FROM offers WHERE id = p_id));
    RETURN QUERY
    UPDATE offers
    SET connected_at = coalesce(connected_at, p_at)
    WHERE id = p_id AND outcome = 'accepted' AND ended_at IS NULL
    RETURNING *;
END $$;

CREATE FUNCTION return_caller(
    p_at bigint, p_reason text, p_id text, p_lapsed bigint
) RETURNS SETOF offers LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM lock_call_of_offer(p_id);
    PERFORM lock_person((SELECT person FROM offers WHERE id = p_id));
    RETURN QUERY
    UPDATE offers
    SET ended_at = p_at, returned = 1, reason = p_reason
    WHERE
        id = p_id AND outcome = 'accepted' AND ended_at IS NULL
        AND (p_lapsed = 0 OR (connected_at IS NULL AND ends_at <= now_ms()))
    RETURNING *;
END $$;

CREATE FUNCTION end_talk(p_at bigint, p_id text) RETURNS SETOF offers LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM lock_call_of_offer(p_id);
    PERFORM lock_person((SELECT person FROM offers WHERE id = p_id));
    RETURN QUERY
    UPDATE offers
    SET ended_at = p_at
    WHERE id = p_id AND outcome = 'accepted' AND ended_at IS NULL
    RETURNING *;
END $$;

CREATE FUNCTION wrap_up(
    p_at bigint, p_code text, p_note text, p_id text, p_person text
) RETURNS SETOF offers LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM lock_call_of_offer(p_id);
    PERFORM lock_person(p_person);
    RETURN QUERY
    UPDATE offers
    SET wrapped_up_at = p_at, code = p_code, note = p_note
    WHERE id = p_id AND person = p_person AND ended_at IS NOT NULL AND wrapped_up_at IS NULL
    RETURNING *;
END $$;
