-- What is done to telephones. See 027 of SQLite.

ALTER TABLE operator_requests DROP CONSTRAINT operator_requests_kind_check;
ALTER TABLE operator_requests ADD CONSTRAINT operator_requests_kind_check CHECK (
    kind IN ('say', 'ask', 'note', 'leave', 'keys', 'end', 'start', 'token')
) NOT VALID;

-- refer_dial: also of a number that is not dialled by us (a blind transfer).
CREATE OR REPLACE FUNCTION refer_dial(p_refer text, p_at bigint, p_id text) RETURNS SETOF dials LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM lock_call_of_dial(p_id);
    RETURN QUERY
    UPDATE dials
    SET refer = p_refer, moved_at = p_at
    WHERE
        id = p_id
        AND CASE
            WHEN p_refer = 'asked' THEN refer IS NULL AND state IN ('dialling', 'accepted')
            ELSE coalesce(refer, '') = 'asked'
        END
    RETURNING *;
END $$;
