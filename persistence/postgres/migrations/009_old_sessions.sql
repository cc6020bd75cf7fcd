-- The purge removes sessions by the time at which they began. See 020 of SQLite.

CREATE INDEX sessions_by_time ON operator_sessions (made_at);

CREATE FUNCTION purge_session(p_before bigint) RETURNS SETOF operator_sessions LANGUAGE sql AS $$
    DELETE FROM operator_sessions
    WHERE id = (
        SELECT id
        FROM operator_sessions
        WHERE made_at < p_before
        ORDER BY made_at
        LIMIT 1
        FOR UPDATE SKIP LOCKED
    )
    RETURNING *
$$;
