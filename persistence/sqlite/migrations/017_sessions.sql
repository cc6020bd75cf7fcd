-- Sessions that end, rights that fit, and who listens to which call.
--
-- operators           rights: what the token holds, words separated by spaces. They take the place of the role: a
--                     viewer held "metrics read listen", an operator "act" besides. expires_at: NULL is never.
-- operator_sessions   Where a browser is signed in. id is shown; hash is of the secret in the cookie. token_hash is of
--                     the token it was begun with: a new token, or its end, ends the session as well.
-- listeners           Who may hear a call from its room: one row a token. key is of the session or token it was made
--                     with. Its moves are events of the kind "listener" in the call.

ALTER TABLE operators ADD COLUMN rights TEXT NOT NULL DEFAULT '';
ALTER TABLE operators ADD COLUMN expires_at INTEGER;
UPDATE operators SET rights = CASE role WHEN 'operator' THEN 'metrics read listen act' ELSE 'metrics read listen' END;
ALTER TABLE operators DROP COLUMN role;

CREATE TABLE operator_sessions (
    id         TEXT PRIMARY KEY,
    hash       TEXT NOT NULL UNIQUE,
    token_hash TEXT NOT NULL,
    name       TEXT NOT NULL,
    made_at    INTEGER NOT NULL,
    used_at    INTEGER NOT NULL,
    ended_at   INTEGER,
    ended_by   TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX open_sessions ON operator_sessions (made_at) WHERE ended_at IS NULL;

CREATE TABLE listeners (
    identity   TEXT PRIMARY KEY,
    call_id    TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    key        TEXT,
    state      TEXT NOT NULL CHECK (state IN ('asked', 'joined', 'left')),
    made_at    INTEGER NOT NULL,
    moved_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX listeners_of_call ON listeners (call_id);
CREATE INDEX latest_listeners ON listeners (moved_at);

-- As in 010: the documented way to change a CHECK.
PRAGMA writable_schema = ON;

UPDATE sqlite_schema
SET sql = replace(sql, 'CHECK (kind IN (''knowledge'',', 'CHECK (kind IN (''knowledge'', ''listener'',')
WHERE type = 'table' AND name = 'events';

PRAGMA writable_schema = RESET;

CREATE TRIGGER listener_asked AFTER INSERT ON listeners
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.call_id, NEW.identity, 'listener', NULL, NEW.state, NEW.name, NEW.made_at);
END;

CREATE TRIGGER listener_moved AFTER UPDATE OF state ON listeners
WHEN NEW.state <> OLD.state
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.call_id, NEW.identity, 'listener', OLD.state, NEW.state, NEW.name, NEW.moved_at);
END;
