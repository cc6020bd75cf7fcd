-- What happened in every call.
--
-- calls      One caller's stay in one room, and who holds it: the role, and the job (process) that plays it.
--            A room has one open call at a time. A call ends once, and says how. lost_at: when a worker found that the
--            holder's process had died; that worker is then the call's, and finds somebody to go on with it.
-- turns      What was said, whole, one row a turn, counted from 1 within its call.
-- handoffs   A call on its way from its holder to a target. The row stands for the whole handoff and, in
--            attempt_id, target and target_job, for the try that is under way. A call has one open handoff at a
--            time; a repeated idempotency key is refused. moves is the table of the steps it may take.
-- attempts   One row for each try to reach one target, and how that try ended.
-- operators  Who may watch calls and act on them, by the hash of a token.
-- operator_requests
--            What an operator asks of a call: of its holder (say, ask, note, leave, end), or of LiveKit (start, token).
--            A handoff that an operator asks for is a row of handoffs, like any other.
-- troubles   A model that failed in a call: which part, and by what error. No words.
-- events     Every move of the above, and every turn: what, from, to, who, when. Only ever added to, and so also the
--            feed of every live view. A turn's subject is its seq.
-- workers    The processes that take calls, and until when each is known to live: a lease, renewed every second.
--            draining: it takes no more calls.
--
-- Nobody writes attempts, events, or the holder of a call after a handoff: triggers do, inside the statement that
-- moves the handoff. So each move is one statement, and either all of it is there or nothing. moved_by and moved_at
-- on a row are who made its latest move, and when; the triggers copy them to events.
--
-- Times are integer milliseconds UTC. A move that is not allowed aborts with the word "stale".

CREATE TABLE workers (
    id          TEXT PRIMARY KEY,
    host        TEXT NOT NULL,
    started_at  INTEGER NOT NULL,
    lease_until INTEGER NOT NULL,
    draining    INTEGER NOT NULL CHECK (draining IN (0, 1))
) STRICT;

CREATE TABLE calls (
    id          TEXT PRIMARY KEY,
    room        TEXT NOT NULL,
    caller      TEXT NOT NULL,
    holder_role TEXT NOT NULL,
    holder_job  TEXT NOT NULL,
    worker      TEXT NOT NULL,
    started_at  INTEGER NOT NULL,
    ended_at    INTEGER,
    ended_how   TEXT CHECK (ended_how IN ('caller_left', 'goodbye', 'silent', 'too_long', 'no_caller', 'failed',
        'operator', 'call_back')),
    lost_at     INTEGER,
    moved_by    TEXT NOT NULL,
    moved_at    INTEGER NOT NULL,
    CONSTRAINT ended_and_how CHECK ((ended_at IS NULL) = (ended_how IS NULL))
) STRICT;

CREATE UNIQUE INDEX one_open_call_a_room ON calls (room) WHERE ended_at IS NULL;
CREATE INDEX calls_by_time ON calls (started_at);

CREATE TABLE turns (
    call_id    TEXT NOT NULL REFERENCES calls (id),
    seq        INTEGER NOT NULL CHECK (seq >= 1),
    speaker    TEXT NOT NULL,
    text       TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER NOT NULL,
    PRIMARY KEY (call_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE moves (
    moved_from TEXT NOT NULL,
    moved_to   TEXT NOT NULL,
    PRIMARY KEY (moved_from, moved_to)
) STRICT, WITHOUT ROWID;

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

-- completes says whether the target takes over at once, or when an operator has approved (approved_by). redirect_to is
-- where an operator wants the call instead: the next attempt goes there, and the current one may not complete.
-- last_outcome and last_reason are how the latest attempt to end ended: the handoff's own end, when that is over.
CREATE TABLE handoffs (
    id              TEXT PRIMARY KEY,
    call_id         TEXT NOT NULL REFERENCES calls (id),
    from_role       TEXT NOT NULL,
    from_job        TEXT NOT NULL,
    target          TEXT NOT NULL,
    reason          TEXT NOT NULL,
    requested_by    TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN (
        'requested', 'dispatching', 'briefing', 'accepted',
        'completed', 'declined', 'unanswered', 'failed', 'cancelled', 'abandoned'
    )),
    requested_at    INTEGER NOT NULL,
    note            TEXT NOT NULL DEFAULT '',
    completes       TEXT NOT NULL DEFAULT 'auto' CHECK (completes IN ('auto', 'operator')),
    approved_by     TEXT,
    redirect_to     TEXT,
    redirected_by   TEXT,
    attempt_id      TEXT REFERENCES attempts (id),
    target_job      TEXT,
    target_worker   TEXT,
    summary         TEXT,
    summary_source  TEXT CHECK (summary_source IN ('model', 'digest')),
    accepted_at     INTEGER,
    ended_at        INTEGER,
    seam_ms         INTEGER,
    silence_ms      INTEGER CHECK (silence_ms >= 0),
    last_outcome    TEXT CHECK (last_outcome IN (
        'completed', 'declined', 'unanswered', 'failed', 'cancelled', 'abandoned'
    )),
    last_reason     TEXT,
    moved_by        TEXT NOT NULL,
    moved_at        INTEGER NOT NULL,
    CONSTRAINT summary_and_source CHECK ((summary IS NULL) = (summary_source IS NULL)),
    CONSTRAINT over_and_ended CHECK (
        (ended_at IS NULL) = (state IN ('requested', 'dispatching', 'briefing', 'accepted'))
    ),
    CONSTRAINT claimed_has_job CHECK (
        state NOT IN ('briefing', 'accepted', 'completed') OR (attempt_id IS NOT NULL AND target_job IS NOT NULL)
    ),
    CONSTRAINT over_and_outcome CHECK (ended_at IS NULL OR last_outcome IS state)
) STRICT;

CREATE UNIQUE INDEX one_open_handoff_a_call ON handoffs (call_id)
    WHERE state IN ('requested', 'dispatching', 'briefing', 'accepted');
CREATE UNIQUE INDEX one_handoff_a_key ON handoffs (call_id, idempotency_key);
CREATE INDEX handoffs_by_time ON handoffs (requested_at);
CREATE INDEX handoffs_by_end ON handoffs (ended_at, id);

CREATE TABLE attempts (
    id          TEXT PRIMARY KEY,
    handoff_id  TEXT NOT NULL REFERENCES handoffs (id),
    target      TEXT NOT NULL,
    started_at  INTEGER NOT NULL,
    dispatch_id TEXT,
    job         TEXT,
    claimed_at  INTEGER,
    accepted_at INTEGER,
    ended_at    INTEGER,
    outcome     TEXT CHECK (outcome IN (
        'completed', 'declined', 'unanswered', 'failed', 'cancelled', 'abandoned'
    )),
    reason      TEXT,
    moved_by    TEXT NOT NULL,
    moved_at    INTEGER NOT NULL,
    state       TEXT AS (CASE
        WHEN outcome IS NOT NULL THEN outcome
        WHEN accepted_at IS NOT NULL THEN 'accepted'
        WHEN claimed_at IS NOT NULL THEN 'briefing'
        ELSE 'dispatching'
    END) VIRTUAL,
    CONSTRAINT ended_and_outcome CHECK ((ended_at IS NULL) = (outcome IS NULL)),
    CONSTRAINT claimed_by_a_job CHECK ((claimed_at IS NULL) = (job IS NULL))
) STRICT;

CREATE INDEX attempts_of_handoff ON attempts (handoff_id);

CREATE TABLE operators (
    name       TEXT PRIMARY KEY,
    role       TEXT NOT NULL CHECK (role IN ('viewer', 'operator')),
    token_hash TEXT NOT NULL UNIQUE,
    made_at    INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE operator_requests (
    id              TEXT PRIMARY KEY,
    call_id         TEXT REFERENCES calls (id),
    room            TEXT NOT NULL,
    kind            TEXT NOT NULL CHECK (kind IN ('say', 'ask', 'note', 'leave', 'end', 'start', 'token')),
    words           TEXT NOT NULL,
    requested_by    TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    requested_at    INTEGER NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('requested', 'taken', 'done', 'failed')),
    taken_by        TEXT,
    ended_at        INTEGER,
    reason          TEXT,
    moved_by        TEXT NOT NULL,
    CONSTRAINT over_and_ended CHECK ((ended_at IS NULL) = (state IN ('requested', 'taken'))),
    CONSTRAINT of_a_call CHECK ((call_id IS NULL) = (kind IN ('start', 'token')))
) STRICT;

CREATE UNIQUE INDEX one_request_a_key ON operator_requests (room, idempotency_key);
CREATE INDEX requests_of_call ON operator_requests (call_id);

CREATE TABLE troubles (
    call_id TEXT NOT NULL REFERENCES calls (id),
    part    TEXT NOT NULL,
    error   TEXT NOT NULL,
    at      INTEGER NOT NULL
) STRICT;

CREATE INDEX troubles_of_call ON troubles (call_id);

CREATE TABLE events (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    call_id    TEXT REFERENCES calls (id),
    subject    TEXT NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('call', 'turn', 'handoff', 'attempt', 'request')),
    moved_from TEXT,
    moved_to   TEXT NOT NULL,
    actor      TEXT NOT NULL,
    at         INTEGER NOT NULL
) STRICT;

CREATE INDEX events_of_call ON events (call_id);

-- Refusals.

CREATE TRIGGER events_stay BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are only ever added to');
END;

CREATE TRIGGER events_are_kept BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are only ever added to');
END;

CREATE TRIGGER call_stays_ended BEFORE UPDATE OF holder_role, holder_job, lost_at, ended_at, ended_how ON calls
WHEN OLD.ended_at IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'stale: the call is over');
END;

CREATE TRIGGER handoff_begins_requested BEFORE INSERT ON handoffs
WHEN NEW.state <> 'requested'
BEGIN
    SELECT RAISE(ABORT, 'stale: a handoff begins in state requested');
END;

CREATE TRIGGER handoff_keeps_to_moves BEFORE UPDATE OF state ON handoffs
WHEN NOT EXISTS (SELECT 1 FROM moves WHERE moved_from = OLD.state AND moved_to = NEW.state)
BEGIN
    SELECT RAISE(ABORT, 'stale: a handoff may not move so');
END;

CREATE TRIGGER handoff_completes_a_held_call BEFORE UPDATE OF state ON handoffs
WHEN NEW.state = 'completed' AND NOT EXISTS (
    SELECT 1 FROM calls WHERE id = NEW.call_id AND ended_at IS NULL AND holder_job = NEW.from_job
)
BEGIN
    SELECT RAISE(ABORT, 'stale: the call is over, or has another holder');
END;

-- What follows from a move, in the same statement.

CREATE TRIGGER call_opened AFTER INSERT ON calls
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.id, NEW.id, 'call', NULL, NEW.holder_role, NEW.moved_by, NEW.moved_at);
END;

CREATE TRIGGER call_changed_holder AFTER UPDATE OF holder_job ON calls
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (
        NEW.id,
        NEW.id,
        'call',
        CASE WHEN OLD.lost_at IS NULL THEN OLD.holder_role ELSE 'lost' END,
        NEW.holder_role,
        NEW.moved_by,
        NEW.moved_at
    );
END;

CREATE TRIGGER call_lost AFTER UPDATE OF lost_at ON calls
WHEN NEW.lost_at IS NOT NULL
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.id, NEW.id, 'call', NEW.holder_role, 'lost', NEW.moved_by, NEW.moved_at);
END;

-- Whoever goes on with a lost call goes on with its handoff as well: one that has no attempt yet is the new holder's
-- at once, one that has with the next attempt. So a target of the dead holder's takes over before the call is
-- recovered, or not at all.
CREATE TRIGGER call_recovered AFTER UPDATE OF holder_job ON calls
WHEN OLD.lost_at IS NOT NULL
BEGIN
    UPDATE handoffs SET from_job = NEW.holder_job WHERE call_id = NEW.id AND state = 'requested';
END;

CREATE TRIGGER call_ended AFTER UPDATE OF ended_at ON calls
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.id, NEW.id, 'call', OLD.holder_role, NEW.ended_how, NEW.moved_by, NEW.moved_at);

    UPDATE handoffs
    SET state = 'abandoned',
        ended_at = NEW.ended_at,
        last_outcome = 'abandoned',
        last_reason = 'the call ended: ' || NEW.ended_how,
        moved_by = NEW.moved_by,
        moved_at = NEW.moved_at
    WHERE call_id = NEW.id AND state IN ('requested', 'dispatching', 'briefing', 'accepted');

    -- A request that the holder has taken is the holder's to end: it may be the one that ended the call.
    UPDATE operator_requests
    SET state = 'failed', ended_at = NEW.ended_at, reason = 'the call ended', moved_by = NEW.moved_by
    WHERE call_id = NEW.id AND state = 'requested';
END;

CREATE TRIGGER handoff_requested AFTER INSERT ON handoffs
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.call_id, NEW.id, 'handoff', NULL, NEW.state, NEW.moved_by, NEW.moved_at);
END;

CREATE TRIGGER handoff_moved AFTER UPDATE OF state ON handoffs
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.call_id, NEW.id, 'handoff', OLD.state, NEW.state, NEW.moved_by, NEW.moved_at);

    -- The current attempt ends with its handoff, or when the next one takes its place.
    UPDATE attempts
    SET outcome = NEW.last_outcome,
        reason = NEW.last_reason,
        ended_at = NEW.moved_at,
        moved_by = NEW.moved_by,
        moved_at = NEW.moved_at
    WHERE id = OLD.attempt_id AND (NEW.state = 'dispatching' OR NEW.ended_at IS NOT NULL);

    INSERT INTO attempts (id, handoff_id, target, started_at, moved_by, moved_at)
    SELECT NEW.attempt_id, NEW.id, NEW.target, NEW.moved_at, NEW.moved_by, NEW.moved_at
    WHERE NEW.state = 'dispatching';

    UPDATE attempts
    SET job = NEW.target_job, claimed_at = NEW.moved_at, moved_by = NEW.moved_by, moved_at = NEW.moved_at
    WHERE id = NEW.attempt_id AND NEW.state = 'briefing';

    UPDATE attempts
    SET accepted_at = NEW.accepted_at, moved_by = NEW.moved_by, moved_at = NEW.moved_at
    WHERE id = NEW.attempt_id AND NEW.state = 'accepted';

    UPDATE calls
    SET holder_role = NEW.target,
        holder_job = NEW.target_job,
        worker = NEW.target_worker,
        lost_at = NULL,
        moved_by = NEW.moved_by,
        moved_at = NEW.moved_at
    WHERE id = NEW.call_id AND NEW.state = 'completed';
END;

CREATE TRIGGER handoff_approved AFTER UPDATE OF approved_by ON handoffs
WHEN NEW.approved_by IS NOT NULL
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.call_id, NEW.id, 'request', NEW.state, 'approved', NEW.approved_by, NEW.moved_at);
END;

CREATE TRIGGER handoff_redirected AFTER UPDATE OF redirect_to ON handoffs
WHEN NEW.redirect_to IS NOT NULL
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.call_id, NEW.id, 'request', NEW.target, NEW.redirect_to, NEW.redirected_by, NEW.moved_at);
END;

CREATE TRIGGER turn_said AFTER INSERT ON turns
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.call_id, NEW.seq, 'turn', NULL, NEW.speaker, NEW.speaker, NEW.ended_at);
END;

CREATE TRIGGER request_made AFTER INSERT ON operator_requests
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.call_id, NEW.id, 'request', NULL, NEW.kind, NEW.requested_by, NEW.requested_at);
END;

CREATE TRIGGER request_ended AFTER UPDATE OF ended_at ON operator_requests
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.call_id, NEW.id, 'request', NEW.kind, NEW.state, NEW.moved_by, NEW.ended_at);
END;

CREATE TRIGGER attempt_began AFTER INSERT ON attempts
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    SELECT handoffs.call_id, NEW.id, 'attempt', NULL, NEW.state, NEW.moved_by, NEW.moved_at
    FROM handoffs
    WHERE handoffs.id = NEW.handoff_id;
END;

CREATE TRIGGER attempt_moved AFTER UPDATE OF job, accepted_at, outcome ON attempts
WHEN NEW.state IS NOT OLD.state
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    SELECT handoffs.call_id, NEW.id, 'attempt', OLD.state, NEW.state, NEW.moved_by, NEW.moved_at
    FROM handoffs
    WHERE handoffs.id = NEW.handoff_id;
END;
