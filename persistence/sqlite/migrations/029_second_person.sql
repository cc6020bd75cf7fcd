-- A person who has a caller asks a second person in: the row is an entry of the queue, and rings like any other.
--
-- queue.asked_by   the offer of the person who asks; NULL: a caller waits
-- queue.asked_for  what the second person is told, in private; it goes with the call's words
--
-- Who has the caller: of the talks that are connected, the one that was connected first. If it ends while the other
-- goes on, the other has them, and an event says so. A caller who was handed over is in nobody's earlier talk.

ALTER TABLE queue ADD COLUMN asked_by TEXT;
ALTER TABLE queue ADD COLUMN asked_for TEXT NOT NULL DEFAULT '';

DROP INDEX one_waiting_entry_a_call;
CREATE UNIQUE INDEX one_waiting_entry_a_call ON queue (call_id) WHERE state IN ('waiting', 'offered') AND asked_by IS NULL;
CREATE UNIQUE INDEX one_asked_in_a_talk ON queue (asked_by) WHERE state IN ('waiting', 'offered') AND asked_by IS NOT NULL;

CREATE TRIGGER second_asked_in AFTER INSERT ON queue
WHEN NEW.asked_by IS NOT NULL
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.call_id, NEW.asked_by, 'offer', 'connected', 'asked_in', NEW.moved_by, NEW.moved_at);
END;

CREATE TRIGGER second_is_asked_no_more AFTER UPDATE OF ended_at ON offers
WHEN OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL
BEGIN
    UPDATE queue
    SET state = 'abandoned', moved_by = 'rule', moved_at = NEW.ended_at
    WHERE asked_by = NEW.id AND state IN ('waiting', 'offered');

    UPDATE offers
    SET ended_at = NEW.ended_at
    WHERE
        call_id = NEW.call_id AND outcome = 'accepted' AND connected_at IS NULL AND ended_at IS NULL
        AND entry_id IN (SELECT id FROM queue WHERE asked_by = NEW.id);
END;

CREATE TRIGGER second_has_the_caller AFTER UPDATE OF ended_at ON offers
WHEN OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    SELECT NEW.call_id, other.id, 'offer', 'connected', 'leads', other.person, NEW.ended_at
    FROM offers AS other
    JOIN calls ON calls.id = other.call_id
    WHERE
        other.call_id = NEW.call_id AND other.ended_at IS NULL AND other.connected_at >= NEW.connected_at
        AND calls.ended_at IS NULL
        AND NOT EXISTS (
            SELECT 1
            FROM handoffs
            WHERE handoffs.call_id = NEW.call_id AND handoffs.state = 'completed' AND handoffs.ended_at = NEW.ended_at
        );
END;

CREATE TRIGGER talks_end_with_a_handoff AFTER UPDATE OF state ON handoffs
WHEN NEW.state = 'completed' AND NEW.requested_by <> 'deploy'
BEGIN
    UPDATE offers
    SET ended_at = NEW.ended_at
    WHERE
        call_id = NEW.call_id AND outcome = 'accepted' AND ended_at IS NULL
        AND connected_at <= coalesce(NEW.accepted_at, NEW.ended_at);
END;

CREATE TRIGGER words_for_seconds_go AFTER UPDATE OF words_gone_at ON calls
WHEN NEW.words_gone_at IS NOT NULL
BEGIN
    UPDATE queue SET asked_for = '' WHERE call_id = NEW.id;
END;
