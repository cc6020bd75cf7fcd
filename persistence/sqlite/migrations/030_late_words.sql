-- Words that come too late: a call's have been removed, and somebody still writes some.
--
-- A person may write their wrap-up while the caller is forgotten; a process whose store did not answer writes its last
-- turn minutes later. The purge never looks at such a call again: so the words go in the statement that brings them.

CREATE TRIGGER late_turn AFTER INSERT ON turns
WHEN NEW.text <> '' AND EXISTS (SELECT 1 FROM calls WHERE id = NEW.call_id AND words_gone_at IS NOT NULL)
BEGIN
    UPDATE turns SET text = '' WHERE call_id = NEW.call_id AND seq = NEW.seq;
END;

CREATE TRIGGER late_summary AFTER UPDATE OF summary ON handoffs
WHEN NEW.summary IS NOT NULL AND EXISTS (SELECT 1 FROM calls WHERE id = NEW.call_id AND words_gone_at IS NOT NULL)
BEGIN
    UPDATE handoffs SET summary = NULL, summary_source = NULL WHERE id = NEW.id;
END;

CREATE TRIGGER late_answer AFTER UPDATE OF answer ON tool_uses
WHEN NEW.answer <> '' AND EXISTS (SELECT 1 FROM calls WHERE id = NEW.call_id AND words_gone_at IS NOT NULL)
BEGIN
    UPDATE tool_uses SET answer = '' WHERE id = NEW.id;
END;

CREATE TRIGGER late_note AFTER UPDATE OF note, reason ON offers
WHEN
    (NEW.note <> '' OR (NEW.outcome = 'declined' AND NEW.reason <> ''))
    AND EXISTS (SELECT 1 FROM calls WHERE id = NEW.call_id AND words_gone_at IS NOT NULL)
BEGIN
    UPDATE offers
    SET note = '', reason = CASE WHEN outcome = 'declined' THEN '' ELSE reason END
    WHERE id = NEW.id;
END;
