-- Recordings: SQLite's 018, which tells what the columns are for.

CREATE TABLE recordings (
    call_id    text COLLATE "C" PRIMARY KEY REFERENCES calls (id) ON DELETE CASCADE,
    state      text NOT NULL CHECK (state IN ('on', 'paused', 'refused', 'ended', 'gone')),
    allowed_at bigint,
    moved_by   text NOT NULL,
    moved_at   bigint NOT NULL,
    CHECK (state IN ('refused', 'gone') OR allowed_at IS NOT NULL)
);

CREATE INDEX open_recordings ON recordings (call_id) WHERE state = 'on';
CREATE INDEX kept_recordings ON recordings (call_id) WHERE state IN ('on', 'paused', 'ended');

CREATE TABLE recording_segments (
    id         text COLLATE "C" PRIMARY KEY,
    call_id    text COLLATE "C" NOT NULL REFERENCES recordings (call_id) ON DELETE CASCADE,
    speaker    text NOT NULL,
    started_at bigint NOT NULL,
    ended_at   bigint
);

CREATE INDEX segments_of_call ON recording_segments (call_id, started_at);

ALTER TABLE events DROP CONSTRAINT events_kind_check;
ALTER TABLE events ADD CONSTRAINT events_kind_check CHECK (
    kind IN ('knowledge', 'recording', 'listener', 'call', 'turn', 'handoff', 'attempt', 'request', 'tool')
) NOT VALID;

CREATE FUNCTION recording_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell(
        NEW.call_id, NEW.call_id, 'recording', CASE WHEN TG_OP = 'UPDATE' THEN OLD.state END, NEW.state,
        NEW.moved_by, NEW.moved_at
    );
    RETURN NULL;
END $$;

CREATE TRIGGER recording_decided AFTER INSERT ON recordings FOR EACH ROW EXECUTE FUNCTION recording_moved();

CREATE TRIGGER recording_moved AFTER UPDATE OF state ON recordings
FOR EACH ROW WHEN (NEW.state <> OLD.state)
EXECUTE FUNCTION recording_moved();

CREATE FUNCTION decide_recording(
    p_state text, p_allowed_at bigint, p_moved_by text, p_at bigint, p_call_id text, p_job text
) RETURNS SETOF recordings LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call(p_call_id);
    RETURN QUERY
    INSERT INTO recordings (call_id, state, allowed_at, moved_by, moved_at)
    SELECT calls.id, p_state, p_allowed_at, p_moved_by, p_at
    FROM calls
    WHERE calls.id = p_call_id AND calls.ended_at IS NULL AND calls.holder_job = p_job
    ON CONFLICT DO NOTHING
    RETURNING *;
END $$;

CREATE FUNCTION move_recording(
    p_state text, p_by text, p_at bigint, p_call_id text
) RETURNS SETOF recordings LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call(p_call_id);
    RETURN QUERY
    UPDATE recordings
    SET state = p_state, moved_by = p_by, moved_at = p_at
    WHERE
        call_id = p_call_id
        AND state IN ('on', 'paused') AND state <> p_state
        AND EXISTS (SELECT 1 FROM calls WHERE calls.id = p_call_id AND calls.ended_at IS NULL)
    RETURNING *;
END $$;

CREATE FUNCTION recording_gone(p_by text, p_at bigint, p_call_id text) RETURNS SETOF recordings LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call(p_call_id);
    RETURN QUERY
    UPDATE recordings
    SET state = 'gone', moved_by = p_by, moved_at = p_at
    WHERE
        call_id = p_call_id
        AND state IN ('on', 'paused', 'ended')
        AND EXISTS (
            SELECT 1 FROM calls WHERE calls.id = p_call_id AND calls.ended_at IS NOT NULL AND legal_hold_at IS NULL
        )
    RETURNING *;
END $$;

CREATE FUNCTION begin_segment(
    p_id text, p_speaker text, p_started_at bigint, p_ended_at bigint, p_call_id text
) RETURNS SETOF recording_segments LANGUAGE sql AS $$
    INSERT INTO recording_segments (id, call_id, speaker, started_at, ended_at)
    SELECT p_id, call_id, p_speaker, p_started_at, p_ended_at
    FROM recordings
    WHERE call_id = p_call_id AND state = 'on'
    RETURNING *
$$;

CREATE FUNCTION end_segment(p_at bigint, p_id text) RETURNS SETOF recording_segments LANGUAGE sql AS $$
    UPDATE recording_segments SET ended_at = p_at WHERE id = p_id AND ended_at IS NULL RETURNING *
$$;
