-- People who are called by telephone.
--
-- dials   Each time that a number is dialled, written before it is. line stands for the number, which is in no row; shown
--         is its end. Until gone_at somebody may be on the line, and the number is not dialled again.
--
-- A dial whose person accepts gets an accepted offer under its own id: that is the talk. The triggers end dials with
-- what they were for: see persistence/phones.py.

CREATE TABLE dials (
    id          TEXT PRIMARY KEY,
    entry_id    TEXT NOT NULL REFERENCES queue (id) ON DELETE CASCADE,
    call_id     TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    role        TEXT NOT NULL,
    person      TEXT NOT NULL,
    line        TEXT NOT NULL,
    shown       TEXT NOT NULL,
    dialled_at  INTEGER NOT NULL,
    state       TEXT NOT NULL DEFAULT 'dialling' CHECK (
        state IN (
            'dialling', 'ringing', 'answered', 'accepted', 'busy', 'declined', 'no_answer', 'unreachable',
            'wrong_number', 'trunk_refused', 'machine', 'screened', 'hung_up', 'silent', 'not_accepted',
            'cancelled', 'talked'
        )
    ),
    answered_at INTEGER,
    ended_at    INTEGER,
    gone_at     INTEGER,
    moved_at    INTEGER NOT NULL,
    CHECK ((ended_at IS NULL) = (state IN ('dialling', 'ringing', 'answered', 'accepted'))),
    CHECK (gone_at IS NULL OR ended_at IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX one_dial_a_line ON dials (line) WHERE gone_at IS NULL;
CREATE INDEX dials_of_line ON dials (line, dialled_at);
CREATE INDEX dials_of_call ON dials (call_id, dialled_at);
CREATE INDEX dials_of_entry ON dials (entry_id);
CREATE INDEX dials_left ON dials (ended_at) WHERE gone_at IS NULL;

-- As in 010: the documented way to change a CHECK.
PRAGMA writable_schema = ON;

UPDATE sqlite_schema
SET sql = replace(sql, 'CHECK (kind IN (', 'CHECK (kind IN (''dial'', ')
WHERE type = 'table' AND name = 'events';

PRAGMA writable_schema = RESET;

CREATE TRIGGER dial_begun AFTER INSERT ON dials
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.call_id, NEW.id, 'dial', NULL, NEW.state, NEW.role, NEW.dialled_at);
END;

CREATE TRIGGER dial_moved AFTER UPDATE OF state ON dials
WHEN NEW.state <> OLD.state
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.call_id, NEW.id, 'dial', OLD.state, NEW.state, NEW.role, NEW.moved_at);
END;

CREATE TRIGGER taken_by_phone AFTER INSERT ON offers
WHEN NEW.outcome = 'accepted'
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.call_id, NEW.id, 'offer', 'offered', 'accepted', NEW.person, NEW.answered_at);

    UPDATE queue
    SET state = 'taken', person = NEW.person, offer_id = NEW.id, moved_by = NEW.person, moved_at = NEW.answered_at
    WHERE id = NEW.entry_id;

    UPDATE presence
    SET state = 'busy', reason = '', since = NEW.answered_at, moved_by = NEW.person
    WHERE person = NEW.person;
END;

CREATE TRIGGER dials_follow_their_entry AFTER UPDATE OF state ON queue
WHEN NEW.state <> OLD.state AND (OLD.state = 'taken' OR NEW.state NOT IN ('waiting', 'offered'))
BEGIN
    UPDATE dials
    SET state = 'accepted', moved_at = NEW.moved_at
    WHERE id = NEW.offer_id AND NEW.state = 'taken' AND ended_at IS NULL;

    UPDATE dials
    SET state = CASE state WHEN 'accepted' THEN 'talked' ELSE 'cancelled' END, ended_at = NEW.moved_at,
        moved_at = NEW.moved_at
    WHERE entry_id = NEW.id AND ended_at IS NULL AND (NEW.state <> 'taken' OR id <> NEW.offer_id);
END;
