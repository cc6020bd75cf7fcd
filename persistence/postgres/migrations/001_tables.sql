-- What happened in every call. The tables, their columns and their words are those of SQLite
-- (persistence/sqlite/migrations, 001 to 013, which tell what each is for). What Postgres needs on top:
--
-- * Ids and names are sorted as bytes (COLLATE "C"), whatever the database's language is.
-- * Flags are 0 or 1, as in SQLite.
-- * Triggers of one row fire in the order of their names: where the order of events depends on it, names have numbers.
-- * Events are numbered by a sequence, whose numbers may become visible out of order: see persistence/postgres/feed.py.
--
-- A move that is not allowed raises an error that begins with the word "stale".

-- The store's clock, in ms UTC. Tests set it for their own connections.
CREATE FUNCTION now_ms() RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        nullif(current_setting('baton.now_ms', true), '')::bigint,
        floor(extract(epoch FROM statement_timestamp()) * 1000)::bigint
    )
$$;

-- By SQLite's name, so that one search serves both.
CREATE FUNCTION instr(text, text) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT strpos($1, $2)';

CREATE TABLE workers (
    id          text COLLATE "C" PRIMARY KEY,
    host        text NOT NULL,
    started_at  bigint NOT NULL,
    lease_until bigint NOT NULL,
    draining    smallint NOT NULL CHECK (draining IN (0, 1)),
    room_for    integer NOT NULL DEFAULT 0 CHECK (room_for >= 0)
);

CREATE TABLE calls (
    id             text COLLATE "C" PRIMARY KEY,
    room           text COLLATE "C" NOT NULL,
    caller         text NOT NULL,
    holder_role    text NOT NULL,
    holder_job     text NOT NULL,
    worker         text COLLATE "C" NOT NULL,
    started_at     bigint NOT NULL,
    ended_at       bigint,
    ended_how      text CHECK (ended_how IN ('caller_left', 'goodbye', 'silent', 'too_long', 'no_caller', 'failed',
        'operator', 'call_back', 'gave_up')),
    lost_at        bigint,
    moved_by       text NOT NULL,
    moved_at       bigint NOT NULL,
    next_turn      bigint NOT NULL DEFAULT 1,
    next_entry     bigint NOT NULL DEFAULT 1,
    caller_name    text NOT NULL DEFAULT '',
    caller_number  text NOT NULL DEFAULT '',
    found_by       text NOT NULL DEFAULT '',
    call_back      text CHECK (call_back IN ('promised', 'cut_off', 'lost', 'left_waiting', 'not_reached')),
    called_back_at bigint CHECK (called_back_at IS NULL OR call_back IS NOT NULL),
    called_back_by text CHECK ((called_back_by IS NULL) = (called_back_at IS NULL)),
    held_at        bigint,
    held_by        text CHECK ((held_by IS NULL) = (held_at IS NULL)),
    queued_at      bigint,
    admitted_at    bigint CHECK (admitted_at IS NULL OR queued_at IS NOT NULL),
    CONSTRAINT ended_and_how CHECK ((ended_at IS NULL) = (ended_how IS NULL))
);

CREATE UNIQUE INDEX one_open_call_a_room ON calls (room) WHERE ended_at IS NULL;
CREATE INDEX calls_by_time ON calls (started_at, id);
CREATE INDEX open_calls ON calls (started_at, id) WHERE ended_at IS NULL;
CREATE INDEX open_calls_of_worker ON calls (worker) WHERE ended_at IS NULL;
CREATE INDEX calls_to_call_back ON calls (started_at, id) WHERE call_back IS NOT NULL AND called_back_at IS NULL;
CREATE INDEX calls_by_outcome ON calls (ended_how, started_at, id);
CREATE INDEX calls_by_room ON calls (room, started_at, id);
CREATE INDEX calls_in_line ON calls (queued_at, id)
    WHERE queued_at IS NOT NULL AND admitted_at IS NULL AND ended_at IS NULL;

CREATE TABLE turns (
    call_id    text COLLATE "C" NOT NULL REFERENCES calls (id),
    seq        bigint NOT NULL CHECK (seq >= 1),
    speaker    text NOT NULL,
    text       text NOT NULL,
    started_at bigint NOT NULL,
    ended_at   bigint NOT NULL,
    typed      smallint NOT NULL DEFAULT 0 CHECK (typed IN (0, 1)),
    nod        smallint NOT NULL DEFAULT 0 CHECK (nod IN (0, 1)),
    PRIMARY KEY (call_id, seq)
);

CREATE TABLE moves (
    moved_from text NOT NULL,
    moved_to   text NOT NULL,
    PRIMARY KEY (moved_from, moved_to)
);

INSERT INTO moves (moved_from, moved_to) VALUES
    ('requested',   'dispatching'),
    ('requested',   'failed'),
    ('requested',   'cancelled'),
    ('requested',   'abandoned'),
    ('dispatching', 'dispatching'),
    ('dispatching', 'briefing'),
    ('dispatching', 'unanswered'),
    ('dispatching', 'failed'),
    ('dispatching', 'cancelled'),
    ('dispatching', 'abandoned'),
    ('briefing',    'dispatching'),
    ('briefing',    'accepted'),
    ('briefing',    'declined'),
    ('briefing',    'unanswered'),
    ('briefing',    'failed'),
    ('briefing',    'cancelled'),
    ('briefing',    'abandoned'),
    ('accepted',    'dispatching'),
    ('accepted',    'completed'),
    ('accepted',    'failed'),
    ('accepted',    'cancelled'),
    ('accepted',    'abandoned');

CREATE TABLE handoffs (
    id                text COLLATE "C" PRIMARY KEY,
    call_id           text COLLATE "C" NOT NULL REFERENCES calls (id),
    from_role         text NOT NULL,
    from_job          text NOT NULL,
    target            text NOT NULL,
    reason            text NOT NULL,
    requested_by      text NOT NULL,
    idempotency_key   text NOT NULL,
    state             text NOT NULL CHECK (state IN (
        'requested', 'dispatching', 'briefing', 'accepted',
        'completed', 'declined', 'unanswered', 'failed', 'cancelled', 'abandoned'
    )),
    requested_at      bigint NOT NULL,
    note              text NOT NULL DEFAULT '',
    completes         text NOT NULL DEFAULT 'auto' CHECK (completes IN ('auto', 'operator')),
    approved_by       text,
    redirect_to       text,
    redirected_by     text,
    redirect_reason   text NOT NULL DEFAULT '',
    redirect_note     text NOT NULL DEFAULT '',
    attempt_id        text COLLATE "C",
    attempt_seq       bigint NOT NULL DEFAULT 0,
    target_job        text,
    target_worker     text,
    summary           text,
    summary_source    text CHECK (summary_source IN ('model', 'digest')),
    accepted_at       bigint,
    ended_at          bigint,
    seam_ms           bigint,
    silence_ms        bigint CHECK (silence_ms >= 0),
    on_hold_ms        bigint CHECK (on_hold_ms >= 0),
    music_ms          bigint CHECK (music_ms >= 0),
    time_to_target_ms bigint CHECK (time_to_target_ms >= 0),
    last_outcome      text CHECK (last_outcome IN (
        'completed', 'declined', 'unanswered', 'failed', 'cancelled', 'abandoned'
    )),
    last_reason       text,
    found_by          text NOT NULL DEFAULT '',
    moved_by          text NOT NULL,
    moved_at          bigint NOT NULL,
    CONSTRAINT summary_and_source CHECK ((summary IS NULL) = (summary_source IS NULL)),
    CONSTRAINT over_and_ended CHECK (
        (ended_at IS NULL) = (state IN ('requested', 'dispatching', 'briefing', 'accepted'))
    ),
    CONSTRAINT claimed_has_job CHECK (
        state NOT IN ('briefing', 'accepted', 'completed') OR (attempt_id IS NOT NULL AND target_job IS NOT NULL)
    ),
    CONSTRAINT over_and_outcome CHECK (ended_at IS NULL OR last_outcome IS NOT DISTINCT FROM state)
);

CREATE UNIQUE INDEX one_open_handoff_a_call ON handoffs (call_id)
    WHERE state IN ('requested', 'dispatching', 'briefing', 'accepted');
CREATE UNIQUE INDEX one_handoff_a_key ON handoffs (call_id, idempotency_key);
CREATE INDEX handoffs_by_time ON handoffs (requested_at, id);
CREATE INDEX handoffs_by_end ON handoffs (ended_at, id);
CREATE INDEX earlier_holders ON handoffs (from_role, state, call_id);

CREATE TABLE attempts (
    id          text COLLATE "C" PRIMARY KEY,
    handoff_id  text COLLATE "C" NOT NULL REFERENCES handoffs (id),
    target      text NOT NULL,
    started_at  bigint NOT NULL,
    dispatch_id text,
    job         text,
    claimed_at  bigint,
    accepted_at bigint,
    ended_at    bigint,
    outcome     text CHECK (outcome IN (
        'completed', 'declined', 'unanswered', 'failed', 'cancelled', 'abandoned'
    )),
    reason      text,
    moved_by    text NOT NULL,
    moved_at    bigint NOT NULL,
    seq         bigint NOT NULL,
    state       text GENERATED ALWAYS AS (CASE
        WHEN outcome IS NOT NULL THEN outcome
        WHEN accepted_at IS NOT NULL THEN 'accepted'
        WHEN claimed_at IS NOT NULL THEN 'briefing'
        ELSE 'dispatching'
    END) STORED,
    CONSTRAINT ended_and_outcome CHECK ((ended_at IS NULL) = (outcome IS NULL)),
    CONSTRAINT claimed_by_a_job CHECK ((claimed_at IS NULL) = (job IS NULL))
);

CREATE UNIQUE INDEX attempts_in_order ON attempts (handoff_id, seq);

-- The handoff names its attempt before a trigger has written it.
ALTER TABLE handoffs ADD FOREIGN KEY (attempt_id) REFERENCES attempts (id) DEFERRABLE INITIALLY DEFERRED;

CREATE TABLE operators (
    name       text COLLATE "C" PRIMARY KEY,
    role       text NOT NULL CHECK (role IN ('viewer', 'operator')),
    token_hash text NOT NULL UNIQUE,
    made_at    bigint NOT NULL,
    revoked_at bigint
);

CREATE TABLE operator_requests (
    id              text COLLATE "C" PRIMARY KEY,
    call_id         text COLLATE "C" REFERENCES calls (id),
    room            text COLLATE "C" NOT NULL,
    kind            text NOT NULL CHECK (kind IN ('say', 'ask', 'note', 'leave', 'end', 'start', 'token')),
    words           text NOT NULL,
    requested_by    text NOT NULL,
    idempotency_key text NOT NULL,
    requested_at    bigint NOT NULL,
    state           text NOT NULL CHECK (state IN ('requested', 'taken', 'done', 'failed')),
    taken_by        text,
    ended_at        bigint,
    reason          text,
    moved_by        text NOT NULL,
    seq             bigint NOT NULL,
    CONSTRAINT over_and_ended CHECK ((ended_at IS NULL) = (state IN ('requested', 'taken'))),
    CONSTRAINT of_a_call CHECK ((call_id IS NULL) = (kind IN ('start', 'token')))
);

CREATE UNIQUE INDEX one_request_a_key ON operator_requests (room, idempotency_key);
CREATE UNIQUE INDEX requests_in_order ON operator_requests (call_id, seq);

CREATE TABLE troubles (
    call_id text COLLATE "C" NOT NULL REFERENCES calls (id),
    part    text NOT NULL,
    error   text NOT NULL,
    at      bigint NOT NULL,
    seq     bigint NOT NULL,
    PRIMARY KEY (call_id, seq)
);

CREATE TABLE events (
    id         bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    call_id    text COLLATE "C" REFERENCES calls (id),
    subject    text NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('knowledge', 'call', 'turn', 'handoff', 'attempt', 'request', 'tool')),
    moved_from text,
    moved_to   text NOT NULL,
    actor      text NOT NULL,
    at         bigint NOT NULL
);

CREATE INDEX events_of_call ON events (call_id, id);
CREATE INDEX lookups_by_outcome ON events (moved_to) WHERE kind = 'knowledge';

CREATE TABLE costs (
    call_id           text COLLATE "C" NOT NULL REFERENCES calls (id),
    job               text COLLATE "C" NOT NULL,
    model             text COLLATE "C" NOT NULL,
    thrown_away       smallint NOT NULL CHECK (thrown_away IN (0, 1)),
    requests          bigint NOT NULL,
    refused           bigint NOT NULL,
    untold            bigint NOT NULL,
    prompt_tokens     bigint NOT NULL,
    cached_tokens     bigint NOT NULL,
    completion_tokens bigint NOT NULL,
    characters        bigint NOT NULL,
    audio_ms          bigint NOT NULL,
    billed_audio_ms   bigint NOT NULL,
    PRIMARY KEY (call_id, job, model, thrown_away)
);

CREATE TABLE spent_limits (
    account text COLLATE "C" NOT NULL,
    model   text COLLATE "C" NOT NULL,
    day     smallint NOT NULL CHECK (day IN (0, 1)),
    since   bigint NOT NULL,
    until   bigint NOT NULL,
    PRIMARY KEY (account, model)
);

CREATE TABLE tool_uses (
    id              text COLLATE "C" PRIMARY KEY,
    call_id         text COLLATE "C" NOT NULL REFERENCES calls (id),
    seq             bigint NOT NULL,
    role            text NOT NULL,
    tool            text NOT NULL,
    arguments       text NOT NULL,
    arguments_hash  text NOT NULL,
    idempotency_key text NOT NULL,
    once            smallint NOT NULL CHECK (once IN (0, 1)),
    job             text NOT NULL,
    began_at        bigint NOT NULL,
    state           text NOT NULL DEFAULT 'begun' CHECK (state IN ('begun', 'done', 'failed', 'late', 'unknown')),
    ended_at        bigint,
    answer          text NOT NULL DEFAULT '',
    CHECK ((state = 'begun') = (ended_at IS NULL))
);

CREATE UNIQUE INDEX tool_uses_in_order ON tool_uses (call_id, seq);
CREATE UNIQUE INDEX tool_uses_once ON tool_uses (call_id, tool, arguments_hash) WHERE once = 1;
