-- The version of the protocol between agents that a worker speaks; it was 1 before it was told.

ALTER TABLE workers ADD COLUMN protocol integer NOT NULL DEFAULT 1;

-- As keep_lease, which stays for workers of the version before.
CREATE FUNCTION renew_lease(
    p_id text, p_host text, p_lease_ms bigint, p_draining bigint, p_room_for bigint, p_protocol bigint
) RETURNS SETOF workers LANGUAGE sql AS $$
    INSERT INTO workers (id, host, started_at, lease_until, draining, room_for, protocol)
    VALUES (p_id, p_host, now_ms(), now_ms() + p_lease_ms, p_draining, p_room_for, p_protocol)
    ON CONFLICT (id) DO UPDATE
    SET lease_until = excluded.lease_until, draining = excluded.draining, room_for = excluded.room_for
    RETURNING *
$$;

-- A connection may be lost after a commit and before its answer. So each move leaves its number and its answer in the
-- row of its writer, in its own transaction: after the loss, the writer sees there whether the move was made.

CREATE TABLE writers (
    id text COLLATE "C" PRIMARY KEY,
    move bigint NOT NULL,
    answer text, -- the row that the move returned; NULL: it will never be made
    at bigint NOT NULL
) WITH (fillfactor = 20);

-- Runs within the move's transaction. If the writer has given the move up meanwhile, it takes the move back.
CREATE FUNCTION note_answer(p_writer text, p_move bigint, p_answer text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO writers (id, move, answer, at) VALUES (p_writer, p_move, p_answer, now_ms())
    ON CONFLICT (id) DO UPDATE SET move = excluded.move, answer = excluded.answer, at = excluded.at
    WHERE writers.move < excluded.move;
    IF NOT FOUND THEN
        RAISE query_canceled USING MESSAGE = 'its writer has given this move up';
    END IF;
    RETURN true;
END $$;

-- The answer of a move, if it was made. If it was not, it never will be: it waits for one that is about to commit.
CREATE FUNCTION lost_answer(p_writer text, p_move bigint) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO writers (id, move, answer, at) VALUES (p_writer, p_move, NULL, now_ms())
    ON CONFLICT (id) DO UPDATE SET move = excluded.move, answer = NULL, at = excluded.at
    WHERE writers.move < excluded.move;
    RETURN (SELECT answer FROM writers WHERE id = p_writer AND move = p_move);
END $$;

-- A writer removes its row when it closes its store. This removes those of writers that were killed.
CREATE FUNCTION forget_writers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM writers WHERE at < now_ms() - 3600000;
    RETURN NULL;
END $$;

CREATE TRIGGER writer_came AFTER INSERT ON writers FOR EACH ROW EXECUTE FUNCTION forget_writers();
