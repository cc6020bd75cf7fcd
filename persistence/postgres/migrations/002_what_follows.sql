-- What follows from a move, and what is refused: triggers, inside the transaction of the move.

CREATE FUNCTION tell(
    call_id text, subject text, kind text, moved_from text, moved_to text, actor text, at bigint
) RETURNS void LANGUAGE sql AS $$
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
$$;

-- Refusals.

CREATE FUNCTION refused() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING MESSAGE = TG_ARGV[0];
END $$;

CREATE TRIGGER events_stay BEFORE UPDATE OR DELETE ON events
FOR EACH ROW EXECUTE FUNCTION refused('events are only ever added to');

CREATE TRIGGER call_stays_ended
BEFORE UPDATE OF holder_role, holder_job, lost_at, ended_at, ended_how ON calls
FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL AND NOT (
    OLD.ended_how IN ('caller_left', 'gave_up')
    AND NEW.ended_at IS NULL
    AND NEW.call_back IS NULL
    AND NEW.lost_at IS NULL
    AND NEW.holder_role = OLD.holder_role
))
EXECUTE FUNCTION refused('stale: the call is over');

CREATE TRIGGER handoff_begins_requested BEFORE INSERT ON handoffs
FOR EACH ROW WHEN (NEW.state <> 'requested')
EXECUTE FUNCTION refused('stale: a handoff begins in state requested');

CREATE FUNCTION handoff_keeps_to_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM moves WHERE moved_from = OLD.state AND moved_to = NEW.state) THEN
        RAISE EXCEPTION 'stale: a handoff may not move so';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER handoff_keeps_to_moves BEFORE UPDATE OF state ON handoffs
FOR EACH ROW EXECUTE FUNCTION handoff_keeps_to_moves();

-- Calls.

-- With the call end its hold and, where somebody has to call the caller back, the reason is decided. A handoff that a
-- deploy asked for does not count: the caller was not told of it.
CREATE FUNCTION call_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.call_back = CASE
        WHEN NEW.ended_how = 'call_back' THEN 'promised'
        WHEN NEW.ended_how IN ('failed', 'too_long') THEN 'cut_off'
        WHEN NEW.ended_how NOT IN ('caller_left', 'gave_up') THEN NULL
        WHEN OLD.lost_at IS NOT NULL THEN 'lost'
        WHEN OLD.held_at IS NOT NULL OR NEW.ended_how = 'gave_up' THEN 'left_waiting'
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
    END;
    NEW.held_at = NULL;
    NEW.held_by = NULL;
    RETURN NEW;
END $$;

CREATE TRIGGER call_ends BEFORE UPDATE OF ended_at ON calls
FOR EACH ROW WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL)
EXECUTE FUNCTION call_ends();

-- What the events call the holder of a call.
CREATE FUNCTION holder_of(calls) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN $1.queued_at IS NOT NULL AND $1.admitted_at IS NULL THEN 'waiting' ELSE $1.holder_role END
$$;

CREATE FUNCTION call_opened() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell(
        NEW.id, NEW.id, 'call', NULL, CASE WHEN NEW.queued_at IS NULL THEN NEW.holder_role ELSE 'waiting' END,
        NEW.moved_by, NEW.moved_at
    );
    RETURN NULL;
END $$;

CREATE TRIGGER call_opened AFTER INSERT ON calls FOR EACH ROW EXECUTE FUNCTION call_opened();

-- Whoever goes on with a lost call goes on with its handoff as well: one that has no attempt yet is the new holder's
-- at once, one that has with the next attempt.
CREATE FUNCTION call_changed_holder() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell(
        NEW.id,
        NEW.id,
        'call',
        CASE
            WHEN OLD.ended_at IS NOT NULL THEN OLD.ended_how
            WHEN OLD.lost_at IS NOT NULL THEN 'lost'
            ELSE holder_of(OLD)
        END,
        holder_of(NEW),
        NEW.moved_by,
        NEW.moved_at
    );
    IF OLD.lost_at IS NOT NULL THEN
        UPDATE handoffs SET from_job = NEW.holder_job WHERE call_id = NEW.id AND state = 'requested';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER call_1_changed_holder AFTER UPDATE OF holder_job ON calls
FOR EACH ROW EXECUTE FUNCTION call_changed_holder();

CREATE FUNCTION call_lost() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell(NEW.id, NEW.id, 'call', NEW.holder_role, 'lost', NEW.moved_by, NEW.moved_at);
    RETURN NULL;
END $$;

CREATE TRIGGER call_2_lost AFTER UPDATE OF lost_at ON calls
FOR EACH ROW WHEN (NEW.lost_at IS NOT NULL)
EXECUTE FUNCTION call_lost();

CREATE FUNCTION call_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell(NEW.id, NEW.id, 'call', holder_of(OLD), NEW.ended_how, NEW.moved_by, NEW.moved_at);

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
    RETURN NULL;
END $$;

CREATE TRIGGER call_3_ended AFTER UPDATE OF ended_at ON calls
FOR EACH ROW WHEN (NEW.ended_at IS NOT NULL)
EXECUTE FUNCTION call_ended();

CREATE FUNCTION call_held() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.held_at IS NOT NULL THEN
        PERFORM tell(NEW.id, NEW.id, 'call', NEW.holder_role, 'held', NEW.moved_by, NEW.moved_at);
    ELSE
        PERFORM tell(
            NEW.id, NEW.id, 'call', 'held', coalesce(NEW.ended_how, NEW.holder_role), NEW.moved_by, NEW.moved_at
        );
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER call_4_held AFTER UPDATE ON calls
FOR EACH ROW WHEN ((OLD.held_at IS NULL) <> (NEW.held_at IS NULL))
EXECUTE FUNCTION call_held();

CREATE FUNCTION caller_was_called_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell(NEW.id, NEW.id, 'call', NEW.call_back, 'called_back', NEW.called_back_by, NEW.called_back_at);
    RETURN NULL;
END $$;

CREATE TRIGGER call_5_called_back AFTER UPDATE OF called_back_at ON calls
FOR EACH ROW WHEN (NEW.called_back_at IS NOT NULL)
EXECUTE FUNCTION caller_was_called_back();

-- Handoffs and their attempts.

CREATE FUNCTION handoff_requested() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell(NEW.call_id, NEW.id, 'handoff', NULL, NEW.state, NEW.moved_by, NEW.moved_at);
    RETURN NULL;
END $$;

CREATE TRIGGER handoff_requested AFTER INSERT ON handoffs FOR EACH ROW EXECUTE FUNCTION handoff_requested();

-- Handed on, a call is off hold. A move to another worker leaves it on hold.
CREATE FUNCTION handoff_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell(NEW.call_id, NEW.id, 'handoff', OLD.state, NEW.state, NEW.moved_by, NEW.moved_at);

    -- The current attempt ends with its handoff, or when the next one takes its place.
    IF NEW.state = 'dispatching' OR NEW.ended_at IS NOT NULL THEN
        UPDATE attempts
        SET outcome = NEW.last_outcome,
            reason = NEW.last_reason,
            ended_at = NEW.moved_at,
            moved_by = NEW.moved_by,
            moved_at = NEW.moved_at
        WHERE id = OLD.attempt_id;
    END IF;

    IF NEW.state = 'dispatching' THEN
        INSERT INTO attempts (id, handoff_id, target, started_at, moved_by, moved_at, seq)
        VALUES (NEW.attempt_id, NEW.id, NEW.target, NEW.moved_at, NEW.moved_by, NEW.moved_at, NEW.attempt_seq);
    ELSIF NEW.state = 'briefing' THEN
        UPDATE attempts
        SET job = NEW.target_job, claimed_at = NEW.moved_at, moved_by = NEW.moved_by, moved_at = NEW.moved_at
        WHERE id = NEW.attempt_id;
    ELSIF NEW.state = 'accepted' THEN
        UPDATE attempts
        SET accepted_at = NEW.accepted_at, moved_by = NEW.moved_by, moved_at = NEW.moved_at
        WHERE id = NEW.attempt_id;
    ELSIF NEW.state = 'completed' THEN
        UPDATE calls
        SET holder_role = NEW.target,
            holder_job = NEW.target_job,
            worker = NEW.target_worker,
            lost_at = NULL,
            moved_by = NEW.moved_by,
            moved_at = NEW.moved_at
        WHERE id = NEW.call_id AND ended_at IS NULL AND holder_job = NEW.from_job;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'stale: the call is over, or has another holder';
        END IF;
        UPDATE calls
        SET held_at = NULL, held_by = NULL, moved_by = NEW.moved_by, moved_at = NEW.moved_at
        WHERE id = NEW.call_id AND held_at IS NOT NULL AND NEW.requested_by <> 'deploy';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER handoff_moved AFTER UPDATE OF state ON handoffs FOR EACH ROW EXECUTE FUNCTION handoff_moved();

CREATE FUNCTION handoff_approved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell(NEW.call_id, NEW.id, 'request', NEW.state, 'approved', NEW.approved_by, NEW.moved_at);
    RETURN NULL;
END $$;

CREATE TRIGGER handoff_approved AFTER UPDATE OF approved_by ON handoffs
FOR EACH ROW WHEN (NEW.approved_by IS NOT NULL)
EXECUTE FUNCTION handoff_approved();

CREATE FUNCTION handoff_redirected() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell(NEW.call_id, NEW.id, 'request', NEW.target, NEW.redirect_to, NEW.redirected_by, NEW.moved_at);
    RETURN NULL;
END $$;

CREATE TRIGGER handoff_redirected AFTER UPDATE OF redirect_to ON handoffs
FOR EACH ROW WHEN (NEW.redirect_to IS NOT NULL)
EXECUTE FUNCTION handoff_redirected();

CREATE FUNCTION attempt_moved() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before text = NULL;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        before = OLD.state;
        IF before = NEW.state THEN
            RETURN NULL;
        END IF;
    END IF;
    PERFORM tell(call_id, NEW.id, 'attempt', before, NEW.state, NEW.moved_by, NEW.moved_at)
    FROM handoffs
    WHERE id = NEW.handoff_id;
    RETURN NULL;
END $$;

CREATE TRIGGER attempt_moved AFTER INSERT OR UPDATE OF job, accepted_at, outcome ON attempts
FOR EACH ROW EXECUTE FUNCTION attempt_moved();

-- What is said, asked, used, and what fails.

CREATE FUNCTION turn_said() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE calls SET next_turn = NEW.seq + 1 WHERE id = NEW.call_id;
    PERFORM tell(NEW.call_id, NEW.seq::text, 'turn', NULL, NEW.speaker, NEW.speaker, NEW.ended_at);
    RETURN NULL;
END $$;

CREATE TRIGGER turn_said AFTER INSERT ON turns FOR EACH ROW EXECUTE FUNCTION turn_said();

CREATE FUNCTION request_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE calls SET next_entry = NEW.seq + 1 WHERE id = NEW.call_id;
    PERFORM tell(NEW.call_id, NEW.id, 'request', NULL, NEW.kind, NEW.requested_by, NEW.requested_at);
    RETURN NULL;
END $$;

CREATE TRIGGER request_made AFTER INSERT ON operator_requests FOR EACH ROW EXECUTE FUNCTION request_made();

CREATE FUNCTION request_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell(NEW.call_id, NEW.id, 'request', NEW.kind, NEW.state, NEW.moved_by, NEW.ended_at);
    RETURN NULL;
END $$;

CREATE TRIGGER request_ended AFTER UPDATE OF ended_at ON operator_requests
FOR EACH ROW EXECUTE FUNCTION request_ended();

CREATE FUNCTION trouble_is_numbered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE calls SET next_entry = NEW.seq + 1 WHERE id = NEW.call_id;
    RETURN NULL;
END $$;

CREATE TRIGGER trouble_is_numbered AFTER INSERT ON troubles FOR EACH ROW EXECUTE FUNCTION trouble_is_numbered();

CREATE FUNCTION tool_use_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE calls SET next_entry = NEW.seq + 1 WHERE id = NEW.call_id;
    END IF;
    IF NEW.state = 'begun' THEN
        PERFORM tell(NEW.call_id, NEW.id, 'tool', NULL, NEW.tool, NEW.role, NEW.began_at);
    ELSE
        PERFORM tell(NEW.call_id, NEW.id, 'tool', NEW.tool, NEW.state, NEW.role, NEW.ended_at);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER tool_use_moved AFTER INSERT OR UPDATE OF state ON tool_uses
FOR EACH ROW EXECUTE FUNCTION tool_use_moved();
