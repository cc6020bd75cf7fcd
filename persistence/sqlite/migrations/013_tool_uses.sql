-- What the roles' own tools did in calls.
--
-- tool_uses        One row for each use, committed before the tool is called.
--
-- seq              the number of the use in its call, from the counter next_entry
-- arguments        JSON, without the values of secret parameters
-- arguments_hash   SHA-256 of the same, in hex: equal arguments have equal hashes
-- idempotency_key  what is sent along, so that whoever carries the use out can tell a repeat
-- once             1: it must not happen twice in a call; then tool and arguments_hash are unique in it
-- job              the process that began it, and alone can tell how it ended
-- state            begun, then one of
--                    done     it answered
--                    failed   it did not happen; only then may the same be begun again
--                    late     no answer within its limit
--                    unknown  it broke off, or its process died
-- answer           what it answered, cut, without the values of secret parameters
--
-- Its events: None → the tool's name, when it begins; the tool's name → its state.

CREATE TABLE tool_uses (
    id              TEXT PRIMARY KEY,
    call_id         TEXT NOT NULL REFERENCES calls (id),
    seq             INTEGER NOT NULL,
    role            TEXT NOT NULL,
    tool            TEXT NOT NULL,
    arguments       TEXT NOT NULL,
    arguments_hash  TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    once            INTEGER NOT NULL CHECK (once IN (0, 1)),
    job             TEXT NOT NULL,
    began_at        INTEGER NOT NULL,
    state           TEXT NOT NULL DEFAULT 'begun' CHECK (state IN ('begun', 'done', 'failed', 'late', 'unknown')),
    ended_at        INTEGER,
    answer          TEXT NOT NULL DEFAULT '',
    CHECK ((state = 'begun') = (ended_at IS NULL))
) STRICT;

CREATE UNIQUE INDEX tool_uses_in_order ON tool_uses (call_id, seq);
CREATE UNIQUE INDEX tool_uses_once ON tool_uses (call_id, tool, arguments_hash) WHERE once = 1;

-- As in 010: the documented way to change a CHECK.
PRAGMA writable_schema = ON;

UPDATE sqlite_schema
SET sql = replace(sql, '''attempt'', ''request'')', '''attempt'', ''request'', ''tool'')')
WHERE type = 'table' AND name = 'events';

PRAGMA writable_schema = RESET;

CREATE TRIGGER tool_use_began AFTER INSERT ON tool_uses
BEGIN
    UPDATE calls SET next_entry = NEW.seq + 1 WHERE id = NEW.call_id;

    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.call_id, NEW.id, 'tool', NULL, NEW.tool, NEW.role, NEW.began_at);
END;

CREATE TRIGGER tool_use_began_again AFTER UPDATE OF state ON tool_uses
WHEN NEW.state = 'begun'
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.call_id, NEW.id, 'tool', NULL, NEW.tool, NEW.role, NEW.began_at);
END;

CREATE TRIGGER tool_use_ended AFTER UPDATE OF state ON tool_uses
WHEN NEW.state <> 'begun'
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.call_id, NEW.id, 'tool', NEW.tool, NEW.state, NEW.role, NEW.ended_at);
END;
