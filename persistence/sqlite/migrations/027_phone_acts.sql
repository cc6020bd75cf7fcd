-- What is done to telephones.
--
-- operator_requests.kind   keys: keys are pressed for a telephone of the call. No row has the keys.
--
-- As in 010: the documented way to change a CHECK.

PRAGMA writable_schema = ON;

UPDATE sqlite_schema
SET sql = replace(sql, '''end'', ''start''', '''end'', ''keys'', ''start''')
WHERE type = 'table' AND name = 'operator_requests';

PRAGMA writable_schema = RESET;
