-- What else a person does at their desk, and what is asked of one person by name.
--
-- handoffs.person   whom of the target's people an operator or a person has asked for; NULL: any of them.
-- offers.help       whether the person has asked a supervisor for help in this talk, and what came of it; help_by moved it
--                   last, at help_at. A supervisor who begins to speak in the call gives it.
-- offers.lost_at    when the person was last lost in the talk, and back_at when they were back. While they are not, the
--                   talk rings at their desk alone.
-- offers.note       is written while the talk goes on, and becomes the wrap-up's.

ALTER TABLE handoffs ADD COLUMN person TEXT;
ALTER TABLE offers ADD COLUMN help TEXT CHECK (help IN ('asked', 'given', 'withdrawn'));
ALTER TABLE offers ADD COLUMN help_at INTEGER;
ALTER TABLE offers ADD COLUMN help_by TEXT;
ALTER TABLE offers ADD COLUMN lost_at INTEGER;
ALTER TABLE offers ADD COLUMN back_at INTEGER;

CREATE INDEX help_asked ON offers (help_at) WHERE help = 'asked';

CREATE TRIGGER help_moved AFTER UPDATE OF help ON offers
WHEN NEW.help IS NOT OLD.help
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (
        NEW.call_id, NEW.id, 'offer', CASE OLD.help WHEN 'asked' THEN 'help_asked' ELSE 'connected' END,
        'help_' || NEW.help, NEW.help_by, NEW.help_at
    );
END;

CREATE TRIGGER supervisor_helps AFTER UPDATE OF mode ON listeners
WHEN OLD.mode = 'listen' AND NEW.mode <> 'listen'
BEGIN
    UPDATE offers
    SET help = 'given', help_by = NEW.name, help_at = NEW.moved_at
    WHERE call_id = NEW.call_id AND help = 'asked' AND ended_at IS NULL;
END;

CREATE TRIGGER person_lost AFTER UPDATE OF lost_at ON offers
WHEN NEW.lost_at IS NOT OLD.lost_at
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.call_id, NEW.id, 'offer', 'connected', 'lost', 'rule', NEW.lost_at);
END;

CREATE TRIGGER person_back AFTER UPDATE OF back_at ON offers
WHEN NEW.back_at IS NOT NULL AND OLD.back_at IS NULL
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.call_id, NEW.id, 'offer', 'lost', 'back', NEW.person, NEW.back_at);
END;
