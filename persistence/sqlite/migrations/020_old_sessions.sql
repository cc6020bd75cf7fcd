-- The purge removes sessions by the time at which they began.

CREATE INDEX sessions_by_time ON operator_sessions (made_at);
