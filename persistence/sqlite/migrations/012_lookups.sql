-- What agents looked up in their roles' documents: events of the kind "knowledge", and nothing else.
--
-- subject    the passages that the agent was given, as "FILE › HEADINGS", or the folder if there were none
-- moved_to   found, nothing or failed
-- actor      the agent's job
--
-- What was asked is not there: it is the caller's, whose words are in the turns.

-- As in 010: the documented way to change a CHECK. At its beginning, so that it does not matter what was added since.
PRAGMA writable_schema = ON;

UPDATE sqlite_schema
SET sql = replace(sql, 'CHECK (kind IN (''call'',', 'CHECK (kind IN (''knowledge'', ''call'',')
WHERE type = 'table' AND name = 'events';

PRAGMA writable_schema = RESET;
