-- How long what people said, and who they are, is kept.
--
-- calls.legal_hold_at, legal_hold_by
--                     since when, and by whose order, nothing of the call may be removed; NULL: it may
-- calls.words_gone_at
--                     when what was said was removed: the turns' texts, reasons, notes, summaries, operators' words,
--                     tools' arguments and answers
-- calls.numbers_gone_at
--                     when the caller's identity, name and number, and the room's name, were removed
-- calls.forgotten_by  who had both removed at once, because the person asked for it
--
-- Rows, times, outcomes and figures stay, so every count is as before. Events hold no words and no numbers: they stay
-- as they are, and nothing has to get round the triggers that keep them.
--
-- A legal hold and its end are events of the call: None → legal_hold, legal_hold → released; so is None → forgotten.

ALTER TABLE calls ADD COLUMN legal_hold_at INTEGER;
ALTER TABLE calls ADD COLUMN legal_hold_by TEXT CHECK ((legal_hold_by IS NULL) = (legal_hold_at IS NULL));
ALTER TABLE calls ADD COLUMN words_gone_at INTEGER;
ALTER TABLE calls ADD COLUMN numbers_gone_at INTEGER;
ALTER TABLE calls ADD COLUMN forgotten_by TEXT;

CREATE INDEX calls_with_words ON calls (ended_at)
WHERE ended_at IS NOT NULL AND words_gone_at IS NULL AND legal_hold_at IS NULL;
CREATE INDEX calls_with_numbers ON calls (ended_at)
WHERE ended_at IS NOT NULL AND numbers_gone_at IS NULL AND legal_hold_at IS NULL;
-- Calls whose number is a keyed hash, and whose identity and room still tell it.
CREATE INDEX calls_that_tell_numbers ON calls (ended_at)
WHERE ended_at IS NOT NULL AND substr(caller_number, 1, 1) = '#' AND room <> '';
-- Requests for a room without a call: they name it.
CREATE INDEX requests_with_rooms ON operator_requests (requested_at) WHERE call_id IS NULL AND room <> id;

CREATE TRIGGER legal_hold_moved AFTER UPDATE OF legal_hold_at ON calls
WHEN (OLD.legal_hold_at IS NULL) <> (NEW.legal_hold_at IS NULL)
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (
        NEW.id,
        NEW.id,
        'call',
        CASE WHEN NEW.legal_hold_at IS NULL THEN 'legal_hold' END,
        CASE WHEN NEW.legal_hold_at IS NULL THEN 'released' ELSE 'legal_hold' END,
        NEW.moved_by,
        NEW.moved_at
    );
END;

CREATE TRIGGER call_forgotten AFTER UPDATE OF forgotten_by ON calls
WHEN NEW.forgotten_by IS NOT NULL
BEGIN
    INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
    VALUES (NEW.id, NEW.id, 'call', NULL, 'forgotten', NEW.forgotten_by, NEW.moved_at);
END;

-- A key of a client's or a hash of arguments could tell what the row was about: the row's id takes its place.
CREATE TRIGGER words_go AFTER UPDATE OF words_gone_at ON calls
WHEN NEW.words_gone_at IS NOT NULL
BEGIN
    UPDATE turns SET text = '' WHERE call_id = NEW.id;

    UPDATE attempts
    SET reason = ''
    WHERE reason IS NOT NULL AND handoff_id IN (SELECT id FROM handoffs WHERE call_id = NEW.id);

    UPDATE handoffs
    SET reason = '', note = '', redirect_reason = '', redirect_note = '', summary = NULL, summary_source = NULL,
        last_reason = CASE WHEN last_reason IS NOT NULL THEN '' END, found_by = target, idempotency_key = id
    WHERE call_id = NEW.id;

    UPDATE operator_requests
    SET words = '', reason = CASE WHEN reason IS NOT NULL THEN '' END, idempotency_key = id
    WHERE call_id = NEW.id;

    UPDATE tool_uses
    SET arguments = '{}', arguments_hash = id, idempotency_key = id, answer = ''
    WHERE call_id = NEW.id;
END;

CREATE TRIGGER room_goes AFTER UPDATE OF room ON calls
WHEN NEW.room = '' AND OLD.room <> ''
BEGIN
    UPDATE operator_requests SET room = id WHERE call_id = NEW.id;
    -- The plus sign: found by their room, and not among all requests without a call.
    UPDATE operator_requests SET room = id WHERE +call_id IS NULL AND room = OLD.room;
END;
