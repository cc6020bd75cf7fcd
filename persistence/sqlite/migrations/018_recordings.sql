-- Recordings: what a caller said to being recorded, and which sound there is. The sound itself lies in files.
--
-- recordings          One row a call, once its caller has agreed or refused. No row: not a sound may be kept.
--
-- state               on       what is said is recorded
--                     paused   an operator, or the call's agent, wants the next words not recorded
--                     refused  the caller did not agree; nothing is recorded
--                     ended    it could not go on, as on a full disk; the call did
--                     gone     the sound was removed
-- allowed_at          when the caller agreed; NULL: they did not
-- moved_by, moved_at  who made the latest move, and when
--
-- recording_segments  What one file has: a speaker's sound from started_at on, ms UTC. ended_at is NULL while it is
--                     written, and for ever if its process died. A speaker is 'caller', a role, or 'music'.
--
-- Its moves are events of the kind 'recording'.

CREATE TABLE recordings (
    call_id    TEXT PRIMARY KEY REFERENCES calls (id) ON DELETE CASCADE,
    state      TEXT NOT NULL CHECK (state IN ('on', 'paused', 'refused', 'ended', 'gone')),
    allowed_at INTEGER,
    moved_by   TEXT NOT NULL,
    moved_at   INTEGER NOT NULL,
    CHECK (state IN ('refused', 'gone') OR allowed_at IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE INDEX open_recordings ON recordings (call_id) WHERE state = 'on';
CREATE INDEX kept_recordings ON recordings (call_id) WHERE state IN ('on', 'paused', 'ended');

CREATE TABLE recording_segments (
    id         TEXT PRIMARY KEY,
    call_id    TEXT NOT NULL REFERENCES recordings (call_id) ON DELETE CASCADE,
    speaker    TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX segments_of_call ON recording_segments (call_id, started_at);

-- As in 010: the documented way to change a CHECK.
PRAGMA writable_schema = ON;

UPDATE sqlite_schema
SET sql = replace(sql, 'CHECK (kind IN (''knowledge'',', 'CHECK (kind IN (''knowledge'', ''recording'',')
WHERE type = 'table' AND name = 'events';

PRAGMA writable_schema = RESET;

CREATE TRIGGER recording_decided AFTER INSERT ON recordings
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.call_id, NEW.call_id, 'recording', NULL, NEW.state, NEW.moved_by, NEW.moved_at);
END;

CREATE TRIGGER recording_moved AFTER UPDATE OF state ON recordings
WHEN NEW.state <> OLD.state
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.call_id, NEW.call_id, 'recording', OLD.state, NEW.state, NEW.moved_by, NEW.moved_at);
END;
