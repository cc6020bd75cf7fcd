-- Of two persons who have a caller, the first leaves: the call's role is then the other's. See 031 of SQLite.

CREATE OR REPLACE FUNCTION second_has_the_caller() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    other offers;
BEGIN
    SELECT offers.* INTO other
    FROM offers
    JOIN calls ON calls.id = offers.call_id
    WHERE
        offers.call_id = NEW.call_id AND offers.ended_at IS NULL AND offers.connected_at >= NEW.connected_at
        AND calls.ended_at IS NULL
        AND NOT EXISTS (
            SELECT 1
            FROM handoffs
            WHERE handoffs.call_id = NEW.call_id AND handoffs.state = 'completed' AND handoffs.ended_at = NEW.ended_at
        );
    IF FOUND THEN
        PERFORM tell(NEW.call_id, other.id, 'offer', 'connected', 'leads', other.person, NEW.ended_at);

        UPDATE calls
        SET holder_role = other.role, moved_by = other.person, moved_at = NEW.ended_at
        WHERE id = NEW.call_id AND holder_role <> other.role;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION call_changed_role() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell(NEW.id, NEW.id, 'call', OLD.holder_role, NEW.holder_role, NEW.moved_by, NEW.moved_at);
    RETURN NULL;
END $$;

CREATE TRIGGER call_9_changed_role AFTER UPDATE OF holder_role ON calls
FOR EACH ROW WHEN (NEW.holder_role <> OLD.holder_role AND NEW.holder_job = OLD.holder_job)
EXECUTE FUNCTION call_changed_role();

DROP TRIGGER call_7_supervisor_hands_over ON calls;
CREATE TRIGGER call_7_supervisor_hands_over AFTER UPDATE OF holder_job ON calls
FOR EACH ROW WHEN (NEW.holder_role <> OLD.holder_role)
EXECUTE FUNCTION supervisor_hands_over();

CREATE INDEX talks_of_role ON offers (role, connected_at, call_id);
