-- What a call asked of Groq, in the units that Groq bills.
--
-- costs   One row for each process of a call, each model, and whether it was thrown away: spent on a guess at what the
--         caller would say that turned out wrong. A process writes its sums so far, again and again, so the same write
--         again changes nothing. What a killed process had not written, its worker writes.
--
-- requests              those that Groq took
-- refused               those that it refused: they cost nothing
-- untold                chat requests whose tokens Groq did not tell: their answers were not read to the end
-- prompt_tokens         including cached_tokens
-- characters            of speech
-- audio_ms              as sent, and billed_audio_ms as billed: each request has a smallest amount

CREATE TABLE costs (
    call_id           TEXT NOT NULL REFERENCES calls (id),
    job               TEXT NOT NULL,
    model             TEXT NOT NULL,
    thrown_away       INTEGER NOT NULL CHECK (thrown_away IN (0, 1)),
    requests          INTEGER NOT NULL,
    refused           INTEGER NOT NULL,
    untold            INTEGER NOT NULL,
    prompt_tokens     INTEGER NOT NULL,
    cached_tokens     INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    characters        INTEGER NOT NULL,
    audio_ms          INTEGER NOT NULL,
    billed_audio_ms   INTEGER NOT NULL,
    PRIMARY KEY (call_id, job, model, thrown_away)
) STRICT, WITHOUT ROWID;
