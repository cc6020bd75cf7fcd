-- Somebody who has a caller hands them over to another person: the call waits again while the talk goes on.

DROP INDEX one_open_entry_a_call;
CREATE UNIQUE INDEX one_waiting_entry_a_call ON queue (call_id) WHERE state IN ('waiting', 'offered');
