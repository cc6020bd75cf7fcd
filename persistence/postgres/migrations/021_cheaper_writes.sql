-- The same moves, with less of the processor.

-- Each writer that came looked at all others, with the time worked out for each. One in a hundred does.
CREATE OR REPLACE FUNCTION forget_writers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    hour_ago bigint := now_ms() - 3600000;
BEGIN
    IF random() < 0.01 THEN
        DELETE FROM writers WHERE at < hour_ago;
    END IF;
    RETURN NULL;
END $$;

-- Each turn updates its call's row. With room beside it, no index of the table changes.
ALTER TABLE calls SET (fillfactor = 70);
