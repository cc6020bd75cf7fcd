-- A caller leaves the call for the telephone of the person who accepted them. See 025 of SQLite.

ALTER TABLE dials ADD COLUMN refer text CHECK (refer IN ('asked', 'left', 'refused', 'busy', 'failed'));

CREATE FUNCTION dial_referred() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell(NEW.call_id, NEW.id, 'dial', NEW.state, 'refer_' || NEW.refer, NEW.role, NEW.moved_at);
    RETURN NULL;
END $$;

CREATE TRIGGER dials_3_referred AFTER UPDATE OF refer ON dials
FOR EACH ROW WHEN (NEW.refer IS DISTINCT FROM OLD.refer)
EXECUTE FUNCTION dial_referred();

CREATE FUNCTION refer_dial(p_refer text, p_at bigint, p_id text) RETURNS SETOF dials LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM lock_call_of_dial(p_id);
    RETURN QUERY
    UPDATE dials
    SET refer = p_refer, moved_at = p_at
    WHERE
        id = p_id
        AND CASE WHEN p_refer = 'asked' THEN refer IS NULL AND state = 'accepted' ELSE coalesce(refer, '') = 'asked' END
    RETURNING *;
END $$;

-- Migrations before this one may have added ends, so the list is taken from the constraint itself.
DO $$
DECLARE
    ends text := (SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'calls_ended_how_check');
BEGIN
    ALTER TABLE calls DROP CONSTRAINT calls_ended_how_check;
    EXECUTE 'ALTER TABLE calls ADD CONSTRAINT calls_ended_how_check '
        || replace(replace(ends, ' NOT VALID', ''), 'ARRAY[', 'ARRAY[''transferred''::text, ')
        || ' NOT VALID';
END $$;
