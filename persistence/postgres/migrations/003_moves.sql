-- The moves: one function each, with the guards and the parameters of SQLite's statement (persistence/sql), by name.
--
-- Several writers move one call at the same time, and a guard looks at more than one row. So each move locks the
-- call's row first, and only then looks: in plpgsql every statement sees what was committed before it began. Without
-- the lock, two guards can both hold. Within a call, moves and their events therefore
-- have one order. A move whose guard looks at its own row alone, and which writes no event, needs no lock.
--
-- A function returns the rows that it wrote: none, if its guard did not hold.

CREATE FUNCTION lock_call(p_id text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM calls WHERE id = p_id FOR NO KEY UPDATE;
END $$;

CREATE FUNCTION lock_call_of_handoff(p_id text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call((SELECT call_id FROM handoffs WHERE id = p_id));
END $$;

-- Calls.

-- Whoever opens a call in a room and whoever reopens one wait for each other.
CREATE FUNCTION lock_room(p_room text) RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(hashtextextended(p_room, 0))
$$;

CREATE FUNCTION open_call(
    p_id text, p_room text, p_caller text, p_caller_name text, p_caller_number text, p_found_by text,
    p_holder_role text, p_holder_job text, p_worker text, p_started_at bigint, p_queued_at bigint
) RETURNS SETOF calls LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_room(p_room);
    RETURN QUERY
    INSERT INTO calls (
        id, room, caller, caller_name, caller_number, found_by, holder_role, holder_job, worker, started_at,
        queued_at, moved_by, moved_at
    )
    VALUES (
        p_id, p_room, p_caller, p_caller_name, p_caller_number, p_found_by, p_holder_role, p_holder_job, p_worker,
        p_started_at, p_queued_at, p_holder_job, p_started_at
    )
    ON CONFLICT DO NOTHING
    RETURNING *;
END $$;

CREATE FUNCTION end_call(p_at bigint, p_how text, p_job text, p_id text) RETURNS SETOF calls LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call(p_id);
    RETURN QUERY
    UPDATE calls
    SET ended_at = p_at, ended_how = p_how, moved_by = p_job, moved_at = p_at
    WHERE id = p_id AND ended_at IS NULL AND holder_job = p_job AND lost_at IS NULL
    RETURNING *;
END $$;

-- Who had put the caller on hold, if the call ended on hold. A job that went on with a hold did not begin it.
CREATE FUNCTION who_held(calls) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT begun.actor
    FROM events AS begun
    WHERE
        begun.call_id = $1.id AND begun.kind = 'call' AND begun.moved_to = 'held'
        AND begun.actor NOT IN (
            SELECT back.actor
            FROM events AS back
            WHERE back.call_id = $1.id AND back.kind = 'call' AND back.moved_from = $1.ended_how
        )
        AND EXISTS (
            SELECT 1
            FROM events AS over
            WHERE
                over.call_id = $1.id AND over.kind = 'call' AND over.moved_from = 'held'
                AND over.moved_to = $1.ended_how AND over.at = $1.ended_at
        )
    ORDER BY begun.id DESC
    LIMIT 1
$$;

CREATE FUNCTION reopen_call(
    p_job text, p_worker text, p_at bigint, p_id text, p_ended_how text, p_since bigint
) RETURNS SETOF calls LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_room((SELECT room FROM calls WHERE id = p_id));
    PERFORM lock_call(p_id);
    RETURN QUERY
    UPDATE calls
    SET
        ended_at = NULL, ended_how = NULL, call_back = NULL, holder_job = p_job, worker = p_worker,
        lost_at = NULL, moved_by = p_job, moved_at = p_at,
        held_by = who_held(calls), held_at = CASE WHEN who_held(calls) IS NOT NULL THEN p_at END
    WHERE
        id = p_id AND ended_how = p_ended_how AND ended_at >= p_since AND called_back_at IS NULL
        AND NOT EXISTS (
            SELECT 1
            FROM calls AS others
            WHERE others.room = calls.room AND (others.started_at, others.id) > (calls.started_at, calls.id)
        )
    RETURNING *;
END $$;

CREATE FUNCTION mark_called_back(p_at bigint, p_by text, p_id text) RETURNS SETOF calls LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call(p_id);
    RETURN QUERY
    UPDATE calls
    SET called_back_at = p_at, called_back_by = p_by
    WHERE id = p_id AND call_back IS NOT NULL AND called_back_at IS NULL
    RETURNING *;
END $$;

CREATE FUNCTION append_turn(
    p_call_id text, p_speaker text, p_text text, p_started_at bigint, p_ended_at bigint, p_typed bigint, p_nod bigint
) RETURNS SETOF turns LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call(p_call_id);
    RETURN QUERY
    INSERT INTO turns (call_id, seq, speaker, text, started_at, ended_at, typed, nod)
    SELECT p_call_id, next_turn, p_speaker, p_text, p_started_at, p_ended_at, p_typed, p_nod
    FROM calls
    WHERE
        id = p_call_id
        AND NOT EXISTS (
            SELECT 1
            FROM turns
            WHERE
                call_id = p_call_id AND speaker = p_speaker AND turns.started_at = p_started_at AND text = p_text
        )
    RETURNING *;
END $$;

CREATE FUNCTION note_trouble(
    p_call_id text, p_part text, p_error text, p_at bigint
) RETURNS SETOF troubles LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call(p_call_id);
    RETURN QUERY
    INSERT INTO troubles (call_id, part, error, at, seq)
    SELECT p_call_id, p_part, p_error, p_at, next_entry
    FROM calls
    WHERE id = p_call_id
    RETURNING *;
END $$;

CREATE FUNCTION note_lookup(
    p_sources text, p_found text, p_by text, p_at bigint, p_call_id text
) RETURNS SETOF events LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call(p_call_id);
    RETURN QUERY
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    SELECT id, p_sources, 'knowledge', NULL, p_found, p_by, p_at
    FROM calls
    WHERE id = p_call_id
    RETURNING *;
END $$;

-- Costs.

CREATE FUNCTION save_costs(p_rows text) RETURNS SETOF costs LANGUAGE sql AS $$
    INSERT INTO costs SELECT * FROM json_populate_recordset(NULL::costs, p_rows::json)
    ON CONFLICT (call_id, job, model, thrown_away) DO UPDATE
    SET
        requests = excluded.requests,
        refused = excluded.refused,
        untold = excluded.untold,
        prompt_tokens = excluded.prompt_tokens,
        cached_tokens = excluded.cached_tokens,
        completion_tokens = excluded.completion_tokens,
        characters = excluded.characters,
        audio_ms = excluded.audio_ms,
        billed_audio_ms = excluded.billed_audio_ms
    RETURNING *
$$;

-- Handoffs.

CREATE FUNCTION request_handoff(
    p_id text, p_call_id text, p_from_role text, p_from_job text, p_target text, p_reason text, p_requested_by text,
    p_idempotency_key text, p_requested_at bigint, p_note text, p_completes text, p_found_by text, p_at_most bigint
) RETURNS SETOF handoffs LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call(p_call_id);
    RETURN QUERY
    INSERT INTO handoffs (
        id, call_id, from_role, from_job, target, reason, requested_by, idempotency_key, state, requested_at,
        note, completes, found_by, moved_by, moved_at
    )
    SELECT
        p_id, p_call_id, p_from_role, p_from_job, p_target, p_reason, p_requested_by, p_idempotency_key,
        'requested', p_requested_at, p_note, p_completes, p_found_by, p_requested_by, p_requested_at
    FROM calls
    WHERE
        calls.id = p_call_id
        AND calls.ended_at IS NULL
        AND calls.holder_job = p_from_job
        AND (calls.held_at IS NULL OR p_requested_by NOT IN ('model', 'rule'))
        AND (SELECT count(*) FROM handoffs WHERE call_id = p_call_id) < p_at_most
    ON CONFLICT DO NOTHING
    RETURNING *;
END $$;

CREATE FUNCTION begin_attempt(
    p_actor text, p_id text, p_target text, p_outcome text, p_reason text, p_started_at bigint, p_handoff_id text
) RETURNS SETOF handoffs LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call_of_handoff(p_handoff_id);
    RETURN QUERY
    UPDATE handoffs
    SET state = 'dispatching',
        from_job = p_actor,
        attempt_id = p_id,
        attempt_seq = attempt_seq + 1,
        target = p_target,
        target_job = NULL,
        target_worker = NULL,
        accepted_at = NULL,
        approved_by = NULL,
        redirect_to = NULL,
        last_outcome = p_outcome,
        last_reason = p_reason,
        moved_by = p_actor,
        moved_at = p_started_at
    WHERE
        id = p_handoff_id
        AND state IN ('requested', 'dispatching', 'briefing', 'accepted')
        AND (state = 'requested') = (p_outcome IS NULL)
        AND (attempt_id IS NULL OR attempt_id <> p_id)
        AND (redirect_to IS NULL OR redirect_to = p_target)
        AND EXISTS (
            SELECT 1 FROM calls WHERE calls.id = handoffs.call_id AND calls.ended_at IS NULL AND holder_job = p_actor
        )
    RETURNING *;
END $$;

CREATE FUNCTION note_dispatch(p_dispatch_id text, p_id text) RETURNS SETOF attempts LANGUAGE sql AS $$
    UPDATE attempts SET dispatch_id = p_dispatch_id WHERE id = p_id RETURNING *
$$;

CREATE FUNCTION claim_attempt(
    p_job text, p_worker text, p_at bigint, p_id text, p_attempt_id text
) RETURNS SETOF handoffs LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call_of_handoff(p_id);
    RETURN QUERY
    UPDATE handoffs
    SET state = 'briefing', target_job = p_job, target_worker = p_worker, moved_by = p_job, moved_at = p_at
    WHERE id = p_id AND state = 'dispatching' AND attempt_id = p_attempt_id
    RETURNING *;
END $$;

CREATE FUNCTION accept_handoff(
    p_at bigint, p_job text, p_id text, p_attempt_id text
) RETURNS SETOF handoffs LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call_of_handoff(p_id);
    RETURN QUERY
    UPDATE handoffs
    SET state = 'accepted', accepted_at = p_at, moved_by = p_job, moved_at = p_at
    WHERE id = p_id AND state = 'briefing' AND attempt_id = p_attempt_id AND target_job = p_job
    RETURNING *;
END $$;

CREATE FUNCTION complete_handoff(
    p_at bigint, p_job text, p_id text, p_attempt_id text
) RETURNS SETOF handoffs LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call_of_handoff(p_id);
    RETURN QUERY
    UPDATE handoffs
    SET state = 'completed', ended_at = p_at, last_outcome = 'completed', last_reason = NULL,
        moved_by = p_job, moved_at = p_at
    WHERE
        id = p_id AND state = 'accepted' AND attempt_id = p_attempt_id AND target_job = p_job
        AND redirect_to IS NULL
        AND (completes = 'auto' OR approved_by IS NOT NULL)
        AND EXISTS (
            SELECT 1
            FROM calls
            WHERE calls.id = handoffs.call_id AND calls.ended_at IS NULL AND holder_job = handoffs.from_job
        )
    RETURNING *;
END $$;

CREATE FUNCTION end_handoff(
    p_outcome text, p_at bigint, p_reason text, p_actor text, p_id text, p_attempt_id text
) RETURNS SETOF handoffs LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call_of_handoff(p_id);
    RETURN QUERY
    UPDATE handoffs
    SET state = p_outcome, ended_at = p_at, last_outcome = p_outcome, last_reason = p_reason,
        moved_by = p_actor, moved_at = p_at
    WHERE
        id = p_id
        AND state IN ('requested', 'dispatching', 'briefing', 'accepted')
        AND p_outcome <> 'completed'
        AND (p_attempt_id IS NULL OR attempt_id = p_attempt_id)
    RETURNING *;
END $$;

CREATE FUNCTION save_summary(p_summary text, p_source text, p_id text) RETURNS SETOF handoffs LANGUAGE sql AS $$
    UPDATE handoffs SET summary = p_summary, summary_source = p_source WHERE id = p_id RETURNING *
$$;

CREATE FUNCTION save_timings(
    p_seam_ms bigint, p_silence_ms bigint, p_on_hold_ms bigint, p_music_ms bigint, p_time_to_target_ms bigint,
    p_id text
) RETURNS SETOF handoffs LANGUAGE sql AS $$
    UPDATE handoffs
    SET seam_ms = coalesce(p_seam_ms, seam_ms),
        silence_ms = greatest(p_silence_ms, silence_ms),
        on_hold_ms = greatest(p_on_hold_ms, on_hold_ms),
        music_ms = coalesce(p_music_ms, music_ms),
        time_to_target_ms = coalesce(p_time_to_target_ms, time_to_target_ms)
    WHERE id = p_id
    RETURNING *
$$;

-- Spent limits.

CREATE FUNCTION note_spent_limit(
    p_account text, p_model text, p_day bigint, p_for_ms bigint
) RETURNS SETOF spent_limits LANGUAGE sql AS $$
    INSERT INTO spent_limits AS known (account, model, day, since, until)
    VALUES (p_account, p_model, p_day, now_ms(), now_ms() + p_for_ms)
    ON CONFLICT (account, model) DO UPDATE
    SET
        since = CASE WHEN known.until > now_ms() THEN known.since ELSE excluded.since END,
        day = CASE WHEN known.until > excluded.until THEN known.day ELSE excluded.day END,
        until = greatest(known.until, excluded.until)
    RETURNING *
$$;

CREATE FUNCTION lift_spent_limit(p_account text, p_model text) RETURNS SETOF spent_limits LANGUAGE sql AS $$
    DELETE FROM spent_limits WHERE account = p_account AND model = p_model RETURNING *
$$;

-- Operators.

CREATE FUNCTION add_operator(
    p_name text, p_role text, p_token_hash text, p_made_at bigint, p_revoked_at bigint
) RETURNS SETOF operators LANGUAGE sql AS $$
    INSERT INTO operators (name, role, token_hash, made_at, revoked_at)
    VALUES (p_name, p_role, p_token_hash, p_made_at, p_revoked_at)
    ON CONFLICT DO NOTHING
    RETURNING *
$$;

CREATE FUNCTION revoke_operator(p_at bigint, p_name text) RETURNS SETOF operators LANGUAGE sql AS $$
    UPDATE operators SET revoked_at = p_at WHERE name = p_name AND revoked_at IS NULL RETURNING *
$$;

-- Operators' requests, and what else they do with a call.

CREATE FUNCTION add_request(
    p_id text, p_call_id text, p_room text, p_kind text, p_words text, p_requested_by text, p_idempotency_key text,
    p_requested_at bigint
) RETURNS SETOF operator_requests LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call(p_call_id);
    RETURN QUERY
    INSERT INTO operator_requests (
        id, call_id, room, kind, words, requested_by, idempotency_key, requested_at, state, moved_by, seq
    )
    SELECT
        p_id, p_call_id, p_room, p_kind, p_words, p_requested_by, p_idempotency_key, p_requested_at, 'requested',
        p_requested_by, coalesce((SELECT next_entry FROM calls WHERE id = p_call_id), 0)
    WHERE p_call_id IS NULL OR EXISTS (SELECT 1 FROM calls WHERE id = p_call_id AND ended_at IS NULL)
    ON CONFLICT DO NOTHING
    RETURNING *;
END $$;

CREATE FUNCTION lock_call_of_request(p_id text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call((SELECT call_id FROM operator_requests WHERE id = p_id));
END $$;

CREATE FUNCTION take_request(p_job text, p_id text) RETURNS SETOF operator_requests LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call_of_request(p_id);
    RETURN QUERY
    UPDATE operator_requests
    SET state = 'taken', taken_by = p_job, moved_by = p_job
    WHERE
        id = p_id AND state = 'requested'
        AND EXISTS (SELECT 1 FROM calls WHERE calls.id = call_id AND calls.ended_at IS NULL AND holder_job = p_job)
    RETURNING *;
END $$;

CREATE FUNCTION end_request(
    p_state text, p_at bigint, p_reason text, p_actor text, p_id text
) RETURNS SETOF operator_requests LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call_of_request(p_id);
    RETURN QUERY
    UPDATE operator_requests
    SET state = p_state, ended_at = p_at, reason = p_reason, moved_by = p_actor
    WHERE id = p_id AND ended_at IS NULL
    RETURNING *;
END $$;

CREATE FUNCTION approve_handoff(p_by text, p_at bigint, p_id text) RETURNS SETOF handoffs LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call_of_handoff(p_id);
    RETURN QUERY
    UPDATE handoffs
    SET approved_by = p_by, moved_by = p_by, moved_at = p_at
    WHERE
        id = p_id AND state = 'accepted' AND completes = 'operator' AND approved_by IS NULL AND redirect_to IS NULL
    RETURNING *;
END $$;

CREATE FUNCTION redirect_handoff(
    p_target text, p_by text, p_reason text, p_note text, p_at bigint, p_id text
) RETURNS SETOF handoffs LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call_of_handoff(p_id);
    RETURN QUERY
    UPDATE handoffs
    SET redirect_to = p_target, redirected_by = p_by, redirect_reason = p_reason, redirect_note = p_note,
        moved_by = p_by, moved_at = p_at
    WHERE
        id = p_id AND state IN ('requested', 'dispatching', 'briefing', 'accepted')
        AND coalesce(redirect_to, target) <> p_target
    RETURNING *;
END $$;

CREATE FUNCTION hold_call(p_at bigint, p_by text, p_id text) RETURNS SETOF calls LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call(p_id);
    RETURN QUERY
    UPDATE calls
    SET held_at = p_at, held_by = p_by, moved_by = p_by, moved_at = p_at
    WHERE
        id = p_id AND ended_at IS NULL AND held_at IS NULL
        AND NOT EXISTS (
            SELECT 1
            FROM handoffs
            WHERE call_id = p_id AND state IN ('requested', 'dispatching', 'briefing', 'accepted')
        )
    RETURNING *;
END $$;

CREATE FUNCTION resume_call(p_by text, p_at bigint, p_id text) RETURNS SETOF calls LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call(p_id);
    RETURN QUERY
    UPDATE calls
    SET held_at = NULL, held_by = NULL, moved_by = p_by, moved_at = p_at
    WHERE id = p_id AND ended_at IS NULL AND held_at IS NOT NULL
    RETURNING *;
END $$;

-- Uses of the roles' own tools.

CREATE FUNCTION begin_tool_use(
    p_id text, p_role text, p_tool text, p_arguments text, p_arguments_hash text, p_idempotency_key text, p_once bigint,
    p_job text, p_began_at bigint, p_call_id text
) RETURNS SETOF tool_uses LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call(p_call_id);
    RETURN QUERY
    INSERT INTO tool_uses (
        id, call_id, seq, role, tool, arguments, arguments_hash, idempotency_key, once, job, began_at
    )
    SELECT
        p_id, calls.id, next_entry, p_role, p_tool, p_arguments, p_arguments_hash, p_idempotency_key, p_once, p_job,
        p_began_at
    FROM calls
    WHERE
        calls.id = p_call_id AND calls.ended_at IS NULL AND holder_job = p_job
        AND NOT EXISTS (
            SELECT 1
            FROM tool_uses
            WHERE
                call_id = p_call_id AND tool = p_tool AND once = 1 AND p_once = 1
                AND (
                    (arguments_hash = p_arguments_hash AND state <> 'failed')
                    OR (job <> p_job AND state IN ('begun', 'late', 'unknown'))
                )
        )
    ON CONFLICT (call_id, tool, arguments_hash) WHERE once = 1 DO UPDATE
    SET id = excluded.id, role = excluded.role, job = excluded.job, began_at = excluded.began_at,
        state = 'begun', ended_at = NULL, answer = ''
    WHERE tool_uses.state = 'failed'
    RETURNING *;
END $$;

CREATE FUNCTION lock_call_of_tool_use(p_id text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call((SELECT call_id FROM tool_uses WHERE id = p_id));
END $$;

CREATE FUNCTION end_tool_use(
    p_state text, p_answer text, p_at bigint, p_id text, p_job text
) RETURNS SETOF tool_uses LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call_of_tool_use(p_id);
    RETURN QUERY
    UPDATE tool_uses
    SET state = p_state, answer = p_answer, ended_at = p_at
    WHERE id = p_id AND job = p_job AND state IN ('begun', 'unknown')
    RETURNING *;
END $$;

CREATE FUNCTION lose_tool_uses(p_at bigint, p_call_id text, p_by text) RETURNS SETOF tool_uses LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call(p_call_id);
    RETURN QUERY
    UPDATE tool_uses
    SET state = 'unknown', ended_at = p_at
    WHERE call_id = p_call_id AND state = 'begun' AND job <> p_by
    RETURNING *;
END $$;

-- Workers' leases, lost calls, and the line.

CREATE FUNCTION keep_lease(
    p_id text, p_host text, p_lease_ms bigint, p_draining bigint, p_room_for bigint
) RETURNS SETOF workers LANGUAGE sql AS $$
    INSERT INTO workers (id, host, started_at, lease_until, draining, room_for)
    VALUES (p_id, p_host, now_ms(), now_ms() + p_lease_ms, p_draining, p_room_for)
    ON CONFLICT (id) DO UPDATE
    SET lease_until = excluded.lease_until, draining = excluded.draining, room_for = excluded.room_for
    RETURNING *
$$;

CREATE FUNCTION end_lease(p_id text) RETURNS SETOF workers LANGUAGE sql AS $$
    UPDATE workers SET lease_until = now_ms() - 1, draining = 1, room_for = 0 WHERE id = p_id RETURNING *
$$;

CREATE FUNCTION mark_lost(
    p_at bigint, p_by text, p_id text, p_job text, p_of text
) RETURNS SETOF calls LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call(p_id);
    RETURN QUERY
    UPDATE calls
    SET lost_at = p_at, worker = p_by, moved_by = p_by, moved_at = p_at
    WHERE
        id = p_id AND ended_at IS NULL AND holder_job = p_job AND worker = p_of
        AND CASE
            WHEN worker = p_by THEN lost_at IS NULL
            ELSE NOT EXISTS (SELECT 1 FROM workers WHERE workers.id = calls.worker AND lease_until >= now_ms())
        END
    RETURNING *;
END $$;

CREATE FUNCTION recover_call(
    p_by text, p_role text, p_worker text, p_at bigint, p_id text, p_job text
) RETURNS SETOF calls LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call(p_id);
    RETURN QUERY
    UPDATE calls
    SET
        holder_job = p_by, holder_role = p_role, worker = p_worker, lost_at = NULL, moved_by = p_by, moved_at = p_at,
        admitted_at = CASE WHEN queued_at IS NOT NULL THEN coalesce(admitted_at, p_at) END
    WHERE id = p_id AND ended_at IS NULL AND holder_job = p_job AND lost_at IS NOT NULL
    RETURNING *;
END $$;

CREATE FUNCTION wait_on(
    p_by text, p_worker text, p_at bigint, p_id text, p_job text
) RETURNS SETOF calls LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call(p_id);
    RETURN QUERY
    UPDATE calls
    SET holder_job = p_by, worker = p_worker, lost_at = NULL, moved_by = p_by, moved_at = p_at
    WHERE
        id = p_id AND queued_at IS NOT NULL AND admitted_at IS NULL AND ended_at IS NULL AND holder_job = p_job
    RETURNING *;
END $$;

CREATE FUNCTION admit_call(
    p_by text, p_worker text, p_at bigint, p_id text, p_job text
) RETURNS SETOF calls LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call(p_id);
    RETURN QUERY
    UPDATE calls
    SET holder_job = p_by, worker = p_worker, lost_at = NULL, admitted_at = p_at, moved_by = p_by, moved_at = p_at
    WHERE
        id = p_id AND queued_at IS NOT NULL AND admitted_at IS NULL AND ended_at IS NULL AND holder_job = p_job
    RETURNING *;
END $$;

CREATE FUNCTION close_lost(p_at bigint, p_how text, p_by text, p_id text) RETURNS SETOF calls LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_call(p_id);
    RETURN QUERY
    UPDATE calls
    SET ended_at = p_at, ended_how = p_how, moved_by = p_by, moved_at = p_at
    WHERE id = p_id AND ended_at IS NULL AND lost_at IS NOT NULL AND worker = p_by
    RETURNING *;
END $$;
