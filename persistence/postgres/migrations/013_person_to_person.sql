-- Somebody who has a caller hands them over to another person. See 024 of SQLite.

DROP INDEX one_open_entry_a_call;
CREATE UNIQUE INDEX one_waiting_entry_a_call ON queue (call_id) WHERE state IN ('waiting', 'offered');
