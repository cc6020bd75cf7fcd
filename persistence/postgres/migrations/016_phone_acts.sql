-- What is done to telephones. See 027 of SQLite.

ALTER TABLE operator_requests DROP CONSTRAINT operator_requests_kind_check;
ALTER TABLE operator_requests ADD CONSTRAINT operator_requests_kind_check CHECK (
    kind IN ('say', 'ask', 'note', 'leave', 'keys', 'end', 'start', 'token')
) NOT VALID;
