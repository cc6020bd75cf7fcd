-- Messages that callers leave for people who could not take their call.
--
-- messages   One row a message: for whose people it is, who took it, what it says, whom it is for and how to reach the
--            caller. person: who has it, or has done it.
--
-- What it says goes with its call's words, and how to reach the caller also with their number.

CREATE TABLE messages (
    id        TEXT PRIMARY KEY,
    call_id   TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    role      TEXT NOT NULL,
    from_role TEXT NOT NULL,
    words     TEXT NOT NULL,
    for_whom  TEXT NOT NULL,
    reach     TEXT NOT NULL,
    left_at   INTEGER NOT NULL,
    state     TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'taken', 'done')),
    person    TEXT,
    moved_at  INTEGER NOT NULL,
    moved_by  TEXT NOT NULL,
    CHECK ((state = 'open') = (person IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX messages_of_call ON messages (call_id, left_at);
CREATE INDEX messages_by_time ON messages (left_at, id);
CREATE INDEX messages_to_do ON messages (left_at, id) WHERE state <> 'done';

-- As in 010: the documented way to change a CHECK.
PRAGMA writable_schema = ON;

UPDATE sqlite_schema
SET sql = replace(sql, 'CHECK (kind IN (', 'CHECK (kind IN (''message'', ')
WHERE type = 'table' AND name = 'events';

PRAGMA writable_schema = RESET;

CREATE TRIGGER message_left AFTER INSERT ON messages
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.call_id, NEW.id, 'message', NULL, NEW.state, NEW.moved_by, NEW.moved_at);
END;

CREATE TRIGGER message_moved AFTER UPDATE OF state ON messages
WHEN NEW.state <> OLD.state
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.call_id, NEW.id, 'message', OLD.state, NEW.state, NEW.moved_by, NEW.moved_at);
END;

CREATE TRIGGER words_of_messages_go AFTER UPDATE OF words_gone_at ON calls
WHEN NEW.words_gone_at IS NOT NULL
BEGIN
    UPDATE messages SET words = '', for_whom = '', reach = '' WHERE call_id = NEW.id;
END;

CREATE TRIGGER numbers_of_messages_go AFTER UPDATE OF numbers_gone_at ON calls
WHEN NEW.numbers_gone_at IS NOT NULL
BEGIN
    UPDATE messages SET reach = '' WHERE call_id = NEW.id;
END;
