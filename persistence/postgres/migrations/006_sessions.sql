-- Sessions that end, rights that fit, and who listens to which call. See 017 of SQLite.
--
-- `role` goes: an operators' service of before no longer knows anybody, rather than take a token for more than it
-- is. Workers never ask for operators, so those of before go on.

ALTER TABLE operators ADD COLUMN rights text NOT NULL DEFAULT '', ADD COLUMN expires_at bigint;
UPDATE operators SET rights = CASE role WHEN 'operator' THEN 'metrics read listen act' ELSE 'metrics read listen' END;
ALTER TABLE operators DROP COLUMN role;

CREATE TABLE operator_sessions (
    id         text COLLATE "C" PRIMARY KEY,
    hash       text NOT NULL UNIQUE,
    token_hash text NOT NULL,
    name       text NOT NULL,
    made_at    bigint NOT NULL,
    used_at    bigint NOT NULL,
    ended_at   bigint,
    ended_by   text
);

CREATE INDEX open_sessions ON operator_sessions (made_at) WHERE ended_at IS NULL;

CREATE TABLE listeners (
    identity   text COLLATE "C" PRIMARY KEY,
    call_id    text COLLATE "C" NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    name       text NOT NULL,
    key        text,
    state      text NOT NULL CHECK (state IN ('asked', 'joined', 'left')),
    made_at    bigint NOT NULL,
    moved_at   bigint NOT NULL
);

CREATE INDEX listeners_of_call ON listeners (call_id);
CREATE INDEX latest_listeners ON listeners (moved_at);

ALTER TABLE events DROP CONSTRAINT events_kind_check;
ALTER TABLE events ADD CONSTRAINT events_kind_check CHECK (
    kind IN ('knowledge', 'listener', 'call', 'turn', 'handoff', 'attempt', 'request', 'tool')
) NOT VALID;

CREATE FUNCTION listener_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell(
        NEW.call_id, NEW.identity, 'listener', CASE WHEN TG_OP = 'UPDATE' THEN OLD.state END, NEW.state, NEW.name,
        NEW.moved_at
    );
    RETURN NULL;
END $$;

CREATE TRIGGER listener_asked AFTER INSERT ON listeners FOR EACH ROW EXECUTE FUNCTION listener_moved();

CREATE TRIGGER listener_moved AFTER UPDATE OF state ON listeners
FOR EACH ROW WHEN (NEW.state <> OLD.state)
EXECUTE FUNCTION listener_moved();

DROP FUNCTION add_operator(text, text, text, bigint, bigint);

CREATE FUNCTION add_operator(
    p_name text, p_rights text, p_token_hash text, p_made_at bigint, p_expires_at bigint, p_revoked_at bigint
) RETURNS SETOF operators LANGUAGE sql AS $$
    INSERT INTO operators (name, rights, token_hash, made_at, expires_at, revoked_at)
    VALUES (p_name, p_rights, p_token_hash, p_made_at, p_expires_at, p_revoked_at)
    ON CONFLICT DO NOTHING
    RETURNING *
$$;

CREATE FUNCTION renew_operator(
    p_rights text, p_token_hash text, p_expires_at bigint, p_name text
) RETURNS SETOF operators LANGUAGE sql AS $$
    UPDATE operators
    SET rights = coalesce(p_rights, rights), token_hash = p_token_hash, expires_at = p_expires_at
    WHERE name = p_name AND revoked_at IS NULL
    RETURNING *
$$;

CREATE FUNCTION begin_session(
    p_id text, p_hash text, p_token_hash text, p_name text, p_made_at bigint, p_used_at bigint, p_ended_at bigint,
    p_ended_by text
) RETURNS SETOF operator_sessions LANGUAGE sql AS $$
    INSERT INTO operator_sessions (id, hash, token_hash, name, made_at, used_at, ended_at, ended_by)
    VALUES (p_id, p_hash, p_token_hash, p_name, p_made_at, p_used_at, p_ended_at, p_ended_by)
    RETURNING *
$$;

CREATE FUNCTION use_session(p_at bigint, p_id text) RETURNS SETOF operator_sessions LANGUAGE sql AS $$
    UPDATE operator_sessions SET used_at = p_at
    WHERE id = p_id AND ended_at IS NULL AND used_at < p_at
    RETURNING *
$$;

CREATE FUNCTION end_session(p_at bigint, p_by text, p_id text) RETURNS SETOF operator_sessions LANGUAGE sql AS $$
    UPDATE operator_sessions SET ended_at = p_at, ended_by = p_by WHERE id = p_id AND ended_at IS NULL RETURNING *
$$;

CREATE FUNCTION add_listener(
    p_identity text, p_call_id text, p_name text, p_key text, p_state text, p_made_at bigint, p_moved_at bigint
) RETURNS SETOF listeners LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call(p_call_id);
    RETURN QUERY
    INSERT INTO listeners (identity, call_id, name, key, state, made_at, moved_at)
    SELECT p_identity, p_call_id, p_name, p_key, p_state, p_made_at, p_moved_at
    WHERE EXISTS (SELECT 1 FROM calls WHERE calls.id = p_call_id AND calls.ended_at IS NULL)
    RETURNING *;
END $$;

CREATE FUNCTION move_listener(p_state text, p_at bigint, p_identity text)
RETURNS SETOF listeners LANGUAGE sql AS $$
    UPDATE listeners SET state = p_state, moved_at = p_at WHERE identity = p_identity AND state <> p_state RETURNING *
$$;
