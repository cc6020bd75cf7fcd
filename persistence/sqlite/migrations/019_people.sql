-- People who take calls.
--
-- presence   Where each person is: one row an operator's name. After lease_until their desk counts as closed.
-- queue      A caller's wait for a person of a role, one row from the first ring to the end. people and skills: one a
--            line, with a line's end before the first as well. Its place: priority, then started_at.
-- offers     An entry of the queue that rings at one person's desk: no outcome yet. Accepted, it is the talk and its
--            wrap-up as well. ends_at: until when it rings, then until when it must be connected.
--
-- Triggers keep the three in step, within the statement that moves one of them: see persistence/people.py.

CREATE TABLE presence (
    person      TEXT PRIMARY KEY,
    state       TEXT NOT NULL CHECK (state IN ('available', 'busy', 'away', 'wrapping_up')),
    reason      TEXT NOT NULL,
    since       INTEGER NOT NULL,
    lease_until INTEGER NOT NULL,
    moved_by    TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE queue (
    id            TEXT PRIMARY KEY,
    call_id       TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    role          TEXT NOT NULL,
    started_at    INTEGER NOT NULL,
    entered_at    INTEGER NOT NULL,
    people        TEXT NOT NULL,
    rings_ms      INTEGER NOT NULL CHECK (rings_ms > 0),
    priority      INTEGER NOT NULL,
    skills        TEXT NOT NULL,
    overflows_at  INTEGER,
    overflow_to   TEXT NOT NULL,
    wrap_up       INTEGER NOT NULL CHECK (wrap_up IN (0, 1)),
    attempt_id    TEXT,
    state         TEXT NOT NULL DEFAULT 'waiting' CHECK (
        state IN ('waiting', 'offered', 'taken', 'talked', 'abandoned', 'overflowed', 'called_back', 'unreached')
    ),
    person        TEXT,
    offer_id      TEXT,
    call_back     INTEGER NOT NULL DEFAULT 0 CHECK (call_back IN (0, 1)),
    tries         INTEGER NOT NULL DEFAULT 0,
    not_before    INTEGER NOT NULL DEFAULT 0,
    told_wait_ms  INTEGER,
    moved_at      INTEGER NOT NULL,
    moved_by      TEXT NOT NULL,
    CHECK ((person IS NULL) = (offer_id IS NULL)),
    CHECK (state <> 'taken' OR person IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX one_open_entry_a_call ON queue (call_id) WHERE state IN ('waiting', 'offered', 'taken');
CREATE INDEX entries_of_call ON queue (call_id, entered_at);
CREATE INDEX queue_in_order ON queue (priority, started_at, id) WHERE state IN ('waiting', 'offered', 'taken');
CREATE INDEX entries_by_time ON queue (entered_at);

CREATE TABLE offers (
    id            TEXT PRIMARY KEY,
    entry_id      TEXT NOT NULL REFERENCES queue (id) ON DELETE CASCADE,
    call_id       TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    role          TEXT NOT NULL,
    person        TEXT NOT NULL,
    offered_at    INTEGER NOT NULL,
    ends_at       INTEGER NOT NULL,
    outcome       TEXT CHECK (outcome IN ('accepted', 'declined', 'missed', 'withdrawn')),
    reason        TEXT NOT NULL DEFAULT '',
    answered_at   INTEGER,
    connected_at  INTEGER,
    ended_at      INTEGER,
    returned      INTEGER NOT NULL DEFAULT 0 CHECK (returned IN (0, 1)),
    wrapped_up_at INTEGER,
    code          TEXT NOT NULL DEFAULT '',
    note          TEXT NOT NULL DEFAULT '',
    CHECK ((outcome IS NULL) = (answered_at IS NULL)),
    CHECK (outcome = 'accepted' OR (connected_at IS NULL AND ended_at IS NULL)),
    CHECK (wrapped_up_at IS NULL OR ended_at IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX one_ringing_a_desk ON offers (person) WHERE outcome IS NULL;
CREATE UNIQUE INDEX one_talk_a_person ON offers (person) WHERE outcome = 'accepted' AND ended_at IS NULL;
CREATE UNIQUE INDEX one_winner_an_entry ON offers (entry_id) WHERE outcome = 'accepted' AND ended_at IS NULL;
CREATE INDEX offers_of_entry ON offers (entry_id, offered_at);
CREATE INDEX offers_of_call ON offers (call_id);
CREATE INDEX offers_of_person ON offers (person, offered_at);
CREATE INDEX offers_by_time ON offers (offered_at);

-- As in 010: the documented way to change a CHECK.
PRAGMA writable_schema = ON;

UPDATE sqlite_schema
SET sql = replace(sql, 'CHECK (kind IN (', 'CHECK (kind IN (''presence'', ''queue'', ''offer'', ')
WHERE type = 'table' AND name = 'events';

PRAGMA writable_schema = RESET;

-- What is told.

CREATE TRIGGER presence_begun AFTER INSERT ON presence
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NULL, NEW.person, 'presence', NULL, NEW.state, NEW.moved_by, NEW.since);
END;

CREATE TRIGGER presence_moved AFTER UPDATE OF state, reason ON presence
WHEN NEW.state <> OLD.state OR NEW.reason <> OLD.reason
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NULL, NEW.person, 'presence', OLD.state, NEW.state, NEW.moved_by, NEW.since);
END;

CREATE TRIGGER entry_begun AFTER INSERT ON queue
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.call_id, NEW.id, 'queue', NULL, NEW.state, NEW.moved_by, NEW.moved_at);
END;

CREATE TRIGGER entry_moved AFTER UPDATE OF state ON queue
WHEN NEW.state <> OLD.state
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.call_id, NEW.id, 'queue', OLD.state, NEW.state, NEW.moved_by, NEW.moved_at);
END;

CREATE TRIGGER offer_moved AFTER UPDATE OF outcome ON offers
WHEN NEW.outcome IS NOT NULL
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (
        NEW.call_id,
        NEW.id,
        'offer',
        'offered',
        NEW.outcome,
        CASE WHEN NEW.outcome IN ('accepted', 'declined') THEN NEW.person ELSE 'rule' END,
        NEW.answered_at
    );
END;

CREATE TRIGGER talk_begun AFTER UPDATE OF connected_at ON offers
WHEN OLD.connected_at IS NULL AND NEW.connected_at IS NOT NULL
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.call_id, NEW.id, 'offer', 'accepted', 'connected', NEW.person, NEW.connected_at);
END;

-- What follows.

CREATE TRIGGER offer_made AFTER INSERT ON offers
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.call_id, NEW.id, 'offer', NULL, 'offered', 'rule', NEW.offered_at);

    UPDATE queue
    SET state = 'offered', moved_by = 'rule', moved_at = NEW.offered_at
    WHERE id = NEW.entry_id AND state = 'waiting';
END;

CREATE TRIGGER offer_accepted AFTER UPDATE OF outcome ON offers
WHEN NEW.outcome = 'accepted'
BEGIN
    UPDATE queue
    SET state = 'taken', person = NEW.person, offer_id = NEW.id, moved_by = NEW.person, moved_at = NEW.answered_at
    WHERE id = NEW.entry_id;

    UPDATE presence
    SET state = 'busy', reason = '', since = NEW.answered_at, moved_by = NEW.person
    WHERE person = NEW.person;
END;

CREATE TRIGGER offer_ended AFTER UPDATE OF outcome ON offers
WHEN NEW.outcome <> 'accepted'
BEGIN
    UPDATE queue
    SET state = 'waiting', moved_by = 'rule', moved_at = NEW.answered_at
    WHERE
        id = NEW.entry_id AND state = 'offered'
        AND NOT EXISTS (SELECT 1 FROM offers WHERE entry_id = NEW.entry_id AND outcome IS NULL);
END;

CREATE TRIGGER offer_missed AFTER UPDATE OF outcome ON offers
WHEN NEW.outcome = 'missed'
BEGIN
    UPDATE presence
    SET state = 'away', reason = 'missed an offer', since = NEW.answered_at, moved_by = 'rule'
    WHERE person = NEW.person AND state = 'available';
END;

CREATE TRIGGER entry_rings_no_more AFTER UPDATE OF state ON queue
WHEN OLD.state = 'offered' AND NEW.state <> 'offered'
BEGIN
    UPDATE offers
    SET outcome = 'withdrawn', reason = NEW.state, answered_at = NEW.moved_at
    WHERE entry_id = NEW.id AND outcome IS NULL;
END;

CREATE TRIGGER person_left AFTER UPDATE OF state ON presence
WHEN OLD.state = 'available' AND NEW.state <> 'available'
BEGIN
    UPDATE offers
    SET outcome = 'withdrawn', reason = NEW.state, answered_at = NEW.since
    WHERE person = NEW.person AND outcome IS NULL;
END;

CREATE TRIGGER call_back_ended AFTER UPDATE OF state ON queue
WHEN OLD.state = 'taken' AND NEW.state IN ('waiting', 'called_back', 'unreached')
BEGIN
    UPDATE offers
    SET ended_at = NEW.moved_at,
        connected_at = CASE WHEN NEW.state = 'called_back' THEN coalesce(connected_at, NEW.moved_at) END,
        returned = NEW.state <> 'called_back'
    WHERE id = OLD.offer_id AND ended_at IS NULL;
END;

CREATE TRIGGER talk_ended AFTER UPDATE OF ended_at ON offers
WHEN OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (
        NEW.call_id,
        NEW.id,
        'offer',
        CASE WHEN NEW.connected_at IS NULL THEN 'accepted' ELSE 'connected' END,
        CASE WHEN NEW.returned THEN 'returned' ELSE 'ended' END,
        'rule',
        NEW.ended_at
    );

    UPDATE queue
    SET state = CASE
            WHEN NEW.returned THEN 'waiting'
            WHEN NEW.connected_at IS NULL THEN 'abandoned'
            ELSE 'talked'
        END,
        person = CASE WHEN NEW.returned THEN NULL ELSE person END,
        offer_id = CASE WHEN NEW.returned THEN NULL ELSE offer_id END,
        moved_by = 'rule',
        moved_at = NEW.ended_at
    WHERE id = NEW.entry_id AND state = 'taken' AND offer_id = NEW.id;

    UPDATE presence
    SET state = CASE
            WHEN
                NEW.connected_at IS NOT NULL AND (SELECT wrap_up FROM queue WHERE id = NEW.entry_id)
                THEN 'wrapping_up'
            ELSE 'available'
        END,
        since = NEW.ended_at,
        moved_by = 'rule'
    WHERE person = NEW.person AND state = 'busy';
END;

CREATE TRIGGER talk_wrapped_up AFTER UPDATE OF wrapped_up_at ON offers
WHEN OLD.wrapped_up_at IS NULL AND NEW.wrapped_up_at IS NOT NULL
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.call_id, NEW.id, 'offer', 'ended', 'wrapped_up', NEW.person, NEW.wrapped_up_at);

    UPDATE presence
    SET state = 'available', since = NEW.wrapped_up_at, moved_by = NEW.person
    WHERE person = NEW.person AND state = 'wrapping_up';
END;

CREATE TRIGGER call_leaves_the_queue AFTER UPDATE OF ended_at ON calls
WHEN OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL
BEGIN
    UPDATE queue
    SET state = 'abandoned', moved_by = NEW.moved_by, moved_at = NEW.ended_at
    WHERE call_id = NEW.id AND state IN ('waiting', 'offered') AND call_back = 0;

    UPDATE offers
    SET ended_at = NEW.ended_at
    WHERE
        call_id = NEW.id AND outcome = 'accepted' AND ended_at IS NULL
        AND entry_id IN (SELECT id FROM queue WHERE call_id = NEW.id AND call_back = 0);
END;

CREATE TRIGGER words_of_offers_go AFTER UPDATE OF words_gone_at ON calls
WHEN NEW.words_gone_at IS NOT NULL
BEGIN
    UPDATE offers SET note = '', reason = CASE WHEN outcome = 'declined' THEN '' ELSE reason END WHERE call_id = NEW.id;
END;
