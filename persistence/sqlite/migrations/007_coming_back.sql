-- A caller who hung up and comes back soon goes on with the same call: its row is open again.
--
-- Nothing else may change a call that is over. The event is of kind call: caller_left → the role that goes on. A call
-- that goes on needs no call back.

DROP TRIGGER call_stays_ended;

CREATE TRIGGER call_stays_ended BEFORE UPDATE OF holder_role, holder_job, lost_at, ended_at, ended_how ON calls
WHEN OLD.ended_at IS NOT NULL AND NOT (
    OLD.ended_how = 'caller_left'
    AND NEW.ended_at IS NULL
    AND NEW.call_back IS NULL
    AND NEW.lost_at IS NULL
    AND NEW.holder_role = OLD.holder_role
)
BEGIN
    SELECT RAISE(ABORT, 'stale: the call is over');
END;

DROP TRIGGER call_changed_holder;

CREATE TRIGGER call_changed_holder AFTER UPDATE OF holder_job ON calls
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (
        NEW.id,
        NEW.id,
        'call',
        CASE
            WHEN OLD.ended_at IS NOT NULL THEN OLD.ended_how
            WHEN OLD.lost_at IS NOT NULL THEN 'lost'
            ELSE OLD.holder_role
        END,
        NEW.holder_role,
        NEW.moved_by,
        NEW.moved_at
    );
END;

DROP TRIGGER call_ended;

CREATE TRIGGER call_ended AFTER UPDATE OF ended_at ON calls
WHEN NEW.ended_at IS NOT NULL
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.id, NEW.id, 'call', OLD.holder_role, NEW.ended_how, NEW.moved_by, NEW.moved_at);

    UPDATE handoffs
    SET state = 'abandoned',
        ended_at = NEW.ended_at,
        last_outcome = 'abandoned',
        last_reason = 'the call ended: ' || NEW.ended_how,
        moved_by = NEW.moved_by,
        moved_at = NEW.moved_at
    WHERE call_id = NEW.id AND state IN ('requested', 'dispatching', 'briefing', 'accepted');

    -- A request that the holder has taken is the holder's to end: it may be the one that ended the call.
    UPDATE operator_requests
    SET state = 'failed', ended_at = NEW.ended_at, reason = 'the call ended', moved_by = NEW.moved_by
    WHERE call_id = NEW.id AND state = 'requested';
END;
