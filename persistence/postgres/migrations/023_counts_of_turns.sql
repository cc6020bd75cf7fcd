-- A turn no longer writes its call's row. That row is wide, and has many indexes and triggers; with a thousand turns a second,
-- whoever scanned the open calls read its dead versions too.

-- The number of a call's next turn. A call has no row here before its first turn: calls.next_turn, which another store may
-- have counted, is what it begins with.
CREATE TABLE call_counts (
    call_id    text COLLATE "C" PRIMARY KEY,
    next_turn  bigint NOT NULL CHECK (next_turn >= 1),
    words_gone boolean NOT NULL DEFAULT false
) WITH (fillfactor = 50, autovacuum_analyze_scale_factor = 20);

-- What a turn writes, it writes for a call that it has counted. To look the call up again would lock its row.
ALTER TABLE turns DROP CONSTRAINT turns_call_id_fkey;
ALTER TABLE events DROP CONSTRAINT events_call_id_fkey;

CREATE OR REPLACE FUNCTION append_turn(
    p_call_id text, p_speaker text, p_text text, p_started_at bigint, p_ended_at bigint, p_typed bigint, p_nod bigint
) RETURNS SETOF turns LANGUAGE plpgsql AS $$
DECLARE
    counted call_counts;
BEGIN
    UPDATE call_counts SET next_turn = next_turn + 1 WHERE call_id = p_call_id RETURNING * INTO counted;
    IF NOT FOUND THEN
        INSERT INTO call_counts (call_id, next_turn, words_gone)
        SELECT id, next_turn + 1, words_gone_at IS NOT NULL FROM calls WHERE id = p_call_id
        ON CONFLICT (call_id) DO UPDATE SET next_turn = call_counts.next_turn + 1
        RETURNING * INTO counted;
    END IF;
    IF counted.words_gone THEN
        p_text := '';
    END IF;
    RETURN QUERY
    INSERT INTO turns (call_id, seq, speaker, text, started_at, ended_at, typed, nod)
    SELECT p_call_id, counted.next_turn - 1, p_speaker, p_text, p_started_at, p_ended_at, p_typed, p_nod
    WHERE
        counted.call_id IS NOT NULL
        AND NOT EXISTS (
            SELECT 1
            FROM turns
            WHERE
                call_id = p_call_id AND speaker = p_speaker AND turns.started_at = p_started_at AND text = p_text
        )
    RETURNING *;
    IF NOT FOUND THEN
        UPDATE call_counts SET next_turn = next_turn - 1 WHERE call_id = p_call_id;
    END IF;
END $$;

-- Runs before the call's words are removed. It waits for a turn that is being written; later turns are written without words.
-- Whoever locks several rows locks the call's first, then its count's, then those of writers. Otherwise two could deadlock.
CREATE FUNCTION turns_lose_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO call_counts (call_id, next_turn, words_gone) VALUES (NEW.id, NEW.next_turn, true)
    ON CONFLICT (call_id) DO UPDATE SET words_gone = true;
    RETURN NEW;
END $$;

CREATE TRIGGER turns_lose_words BEFORE UPDATE OF words_gone_at ON calls
FOR EACH ROW WHEN (NEW.words_gone_at IS NOT NULL)
EXECUTE FUNCTION turns_lose_words();
