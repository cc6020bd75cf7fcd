-- A caller by telephone leaves the call for the telephone of the person who accepted them (SIP's REFER).
--
-- dials.refer   What came of it: asked is written before the caller's provider is asked.
--
-- Such a call ends as transferred. As in 010: the documented way to change a CHECK.

ALTER TABLE dials ADD COLUMN refer TEXT CHECK (refer IN ('asked', 'left', 'refused', 'busy', 'failed'));

CREATE TRIGGER dial_referred AFTER UPDATE OF refer ON dials
WHEN NEW.refer IS NOT OLD.refer
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.call_id, NEW.id, 'dial', NEW.state, 'refer_' || NEW.refer, NEW.role, NEW.moved_at);
END;

PRAGMA writable_schema = ON;

UPDATE sqlite_schema
SET sql = replace(sql, '''call_back'', ''gave_up'')', '''call_back'', ''gave_up'', ''transferred'')')
WHERE type = 'table' AND name = 'calls';

PRAGMA writable_schema = RESET;
