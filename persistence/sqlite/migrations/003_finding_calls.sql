-- Who called, so that a call can be found and its caller called back.
--
-- calls.caller_name, caller_number
--                     as LiveKit tells them when the caller joins; empty if it does not
-- calls.found_by      what a search of calls looks in: ids, room, name and number, folded (search.py)
-- handoffs.found_by   the same for a handoff: its reason and its target
-- calls.call_back     why somebody has to call the caller back; decided in the statement that ends the call:
--                       promised      Groq failed, and the caller was promised it
--                       cut_off       Baton could not go on, or the call reached its longest duration
--                       lost          the caller hung up while no agent was there
--                       left_waiting  the caller hung up during a handoff
--                       not_reached   the last handoff found nobody, and the caller hung up
-- calls.called_back_at, called_back_by
--                     when an operator did, and who
--
-- A search in older rows knows A and a, but not the capital letters of other alphabets. Older calls need no call back.

ALTER TABLE calls ADD COLUMN caller_name TEXT NOT NULL DEFAULT '';
ALTER TABLE calls ADD COLUMN caller_number TEXT NOT NULL DEFAULT '';
ALTER TABLE calls ADD COLUMN found_by TEXT NOT NULL DEFAULT '';
ALTER TABLE calls ADD COLUMN call_back TEXT
    CHECK (call_back IN ('promised', 'cut_off', 'lost', 'left_waiting', 'not_reached'));
ALTER TABLE calls ADD COLUMN called_back_at INTEGER CHECK (called_back_at IS NULL OR call_back IS NOT NULL);
ALTER TABLE calls ADD COLUMN called_back_by TEXT CHECK ((called_back_by IS NULL) = (called_back_at IS NULL));
ALTER TABLE handoffs ADD COLUMN found_by TEXT NOT NULL DEFAULT '';

UPDATE calls SET found_by = lower(id || char(10) || room || char(10) || caller);
UPDATE handoffs SET found_by = lower(reason || char(10) || target);

DROP INDEX calls_by_time;
CREATE INDEX calls_by_time ON calls (started_at, id);
CREATE INDEX open_calls ON calls (started_at, id) WHERE ended_at IS NULL;
CREATE INDEX calls_to_call_back ON calls (started_at, id) WHERE call_back IS NOT NULL AND called_back_at IS NULL;
CREATE INDEX calls_by_outcome ON calls (ended_how, started_at, id);
CREATE INDEX handoffs_by_words ON handoffs (call_id, found_by);
CREATE INDEX earlier_holders ON handoffs (from_role, state, call_id);

-- A handoff that a deploy asked for does not count: the caller was not told of it.
CREATE TRIGGER call_needs_call_back AFTER UPDATE OF ended_at ON calls
WHEN OLD.ended_at IS NULL
BEGIN
    UPDATE calls
    SET call_back = CASE
        WHEN NEW.ended_how = 'call_back' THEN 'promised'
        WHEN NEW.ended_how IN ('failed', 'too_long') THEN 'cut_off'
        WHEN NEW.ended_how <> 'caller_left' THEN NULL
        WHEN OLD.lost_at IS NOT NULL THEN 'lost'
        ELSE (
            SELECT CASE
                WHEN state IN ('declined', 'unanswered', 'failed') THEN 'not_reached'
                WHEN state IN ('requested', 'dispatching', 'briefing', 'accepted', 'abandoned') THEN 'left_waiting'
            END
            FROM handoffs
            WHERE call_id = NEW.id AND requested_by <> 'deploy'
            ORDER BY requested_at DESC, id DESC
            LIMIT 1
        )
    END
    WHERE id = NEW.id;
END;

CREATE TRIGGER caller_was_called_back AFTER UPDATE OF called_back_at ON calls
WHEN NEW.called_back_at IS NOT NULL
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.id, NEW.id, 'call', NEW.call_back, 'called_back', NEW.called_back_by, NEW.called_back_at);
END;
