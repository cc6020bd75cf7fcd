-- Explicit sequences, and the guard of `completed` in the write itself.
--
-- What was numbered by max(seq) + 1, or ordered by rowid, has a counter on the row it belongs to:
--
-- calls.next_turn        the number of the call's next turn
-- calls.next_entry       the number of its next entry: an operator's request, or a trouble
-- handoffs.attempt_seq   the number of the handoff's current attempt; 0 before the first
--
-- A row takes its number from the counter, and moves the counter on, in one statement.

ALTER TABLE calls ADD COLUMN next_turn INTEGER NOT NULL DEFAULT 1;
ALTER TABLE calls ADD COLUMN next_entry INTEGER NOT NULL DEFAULT 1;
ALTER TABLE handoffs ADD COLUMN attempt_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempts ADD COLUMN seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE operator_requests ADD COLUMN seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE troubles ADD COLUMN seq INTEGER NOT NULL DEFAULT 0;

UPDATE attempts
SET seq = numbered.seq
FROM (
    SELECT id, row_number() OVER (PARTITION BY handoff_id ORDER BY rowid) AS seq FROM attempts
) AS numbered
WHERE attempts.id = numbered.id;

UPDATE operator_requests
SET seq = numbered.seq
FROM (
    SELECT id, row_number() OVER (PARTITION BY call_id ORDER BY rowid) AS seq
    FROM operator_requests
    WHERE call_id IS NOT NULL
) AS numbered
WHERE operator_requests.id = numbered.id;

UPDATE troubles
SET seq = numbered.seq
FROM (
    SELECT rowid AS place, row_number() OVER (PARTITION BY call_id ORDER BY rowid) AS seq FROM troubles
) AS numbered
WHERE troubles.rowid = numbered.place;

UPDATE handoffs
SET attempt_seq = (SELECT count(*) FROM attempts WHERE attempts.handoff_id = handoffs.id);

UPDATE calls
SET next_turn = 1 + coalesce((SELECT max(seq) FROM turns WHERE turns.call_id = calls.id), 0),
    next_entry = 1 + max(
        coalesce((SELECT max(seq) FROM operator_requests WHERE operator_requests.call_id = calls.id), 0),
        coalesce((SELECT max(seq) FROM troubles WHERE troubles.call_id = calls.id), 0)
    );

DROP INDEX attempts_of_handoff;
DROP INDEX requests_of_call;
DROP INDEX troubles_of_call;
CREATE UNIQUE INDEX attempts_in_order ON attempts (handoff_id, seq);
CREATE UNIQUE INDEX requests_in_order ON operator_requests (call_id, seq);
CREATE UNIQUE INDEX troubles_in_order ON troubles (call_id, seq);

CREATE TRIGGER turn_is_numbered AFTER INSERT ON turns
BEGIN
    UPDATE calls SET next_turn = NEW.seq + 1 WHERE id = NEW.call_id;
END;

CREATE TRIGGER request_is_numbered AFTER INSERT ON operator_requests
BEGIN
    UPDATE calls SET next_entry = NEW.seq + 1 WHERE id = NEW.call_id;
END;

CREATE TRIGGER trouble_is_numbered AFTER INSERT ON troubles
BEGIN
    UPDATE calls SET next_entry = NEW.seq + 1 WHERE id = NEW.call_id;
END;

-- As in 001, but for two things: an attempt gets its number, and the call changes hands by a guarded write.
-- Until now handoff_completes_a_held_call looked at the call, and then this trigger changed it by its id alone.

DROP TRIGGER handoff_completes_a_held_call;
DROP TRIGGER handoff_moved;

CREATE TRIGGER handoff_moved AFTER UPDATE OF state ON handoffs
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.call_id, NEW.id, 'handoff', OLD.state, NEW.state, NEW.moved_by, NEW.moved_at);

    -- The current attempt ends with its handoff, or when the next one takes its place.
    UPDATE attempts
    SET outcome = NEW.last_outcome,
        reason = NEW.last_reason,
        ended_at = NEW.moved_at,
        moved_by = NEW.moved_by,
        moved_at = NEW.moved_at
    WHERE id = OLD.attempt_id AND (NEW.state = 'dispatching' OR NEW.ended_at IS NOT NULL);

    INSERT INTO attempts (id, handoff_id, target, started_at, moved_by, moved_at, seq)
    SELECT NEW.attempt_id, NEW.id, NEW.target, NEW.moved_at, NEW.moved_by, NEW.moved_at, NEW.attempt_seq
    WHERE NEW.state = 'dispatching';

    UPDATE attempts
    SET job = NEW.target_job, claimed_at = NEW.moved_at, moved_by = NEW.moved_by, moved_at = NEW.moved_at
    WHERE id = NEW.attempt_id AND NEW.state = 'briefing';

    UPDATE attempts
    SET accepted_at = NEW.accepted_at, moved_by = NEW.moved_by, moved_at = NEW.moved_at
    WHERE id = NEW.attempt_id AND NEW.state = 'accepted';

    UPDATE calls
    SET holder_role = NEW.target,
        holder_job = NEW.target_job,
        worker = NEW.target_worker,
        lost_at = NULL,
        moved_by = NEW.moved_by,
        moved_at = NEW.moved_at
    WHERE id = NEW.call_id AND ended_at IS NULL AND holder_job = NEW.from_job AND NEW.state = 'completed';

    SELECT RAISE(ABORT, 'stale: the call is over, or has another holder')
    WHERE NEW.state = 'completed' AND changes() = 0;
END;
