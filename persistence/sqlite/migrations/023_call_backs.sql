-- A caller who was promised a call back is reached by a link, of which the store has a hash.
--
-- Their entry (call_back) is not due while the call lasts in which it was promised: not_before is the largest number
-- that every language has. Once they have answered, the entry is of the call in which they did: called_back_at.

ALTER TABLE queue ADD COLUMN link_hash TEXT;
ALTER TABLE queue ADD COLUMN called_back_at INTEGER;

CREATE UNIQUE INDEX one_entry_a_link ON queue (link_hash) WHERE link_hash IS NOT NULL;
CREATE INDEX call_backs_in_order ON queue (started_at, id) WHERE call_back = 1;

CREATE TRIGGER call_back_is_due AFTER UPDATE OF ended_at ON calls
WHEN OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL
BEGIN
    UPDATE queue
    SET not_before = NEW.ended_at, moved_at = NEW.ended_at
    WHERE call_id = NEW.id AND state = 'waiting' AND call_back = 1 AND not_before = 9007199254740991;
END;

-- The caller hung up, and is back by themselves.
CREATE TRIGGER call_back_is_not_due AFTER UPDATE OF ended_at ON calls
WHEN OLD.ended_at IS NOT NULL AND NEW.ended_at IS NULL
BEGIN
    UPDATE queue
    SET state = 'waiting', not_before = 9007199254740991, moved_by = NEW.moved_by, moved_at = NEW.moved_at
    WHERE call_id = NEW.id AND state IN ('waiting', 'offered') AND call_back = 1;
END;

-- The person has a minute more, from when they accepted, to have the caller put through.
CREATE TRIGGER call_back_answered AFTER UPDATE OF called_back_at ON queue
WHEN OLD.called_back_at IS NULL AND NEW.called_back_at IS NOT NULL
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.call_id, NEW.id, 'queue', 'call_back', NEW.state, NEW.moved_by, NEW.moved_at);

    UPDATE offers SET call_id = NEW.call_id, ends_at = ends_at + 60000 WHERE id = NEW.offer_id;
END;

-- A call back that was answered ends as any talk does. As in 010: the documented way to change a CHECK.
PRAGMA writable_schema = ON;

UPDATE sqlite_schema
SET sql = replace(sql, '''called_back'', ', '')
WHERE type = 'table' AND name = 'queue';

PRAGMA writable_schema = RESET;
