-- As SQLite's migration of this name, but before the row is written: words of a call whose words are gone are not kept.

CREATE FUNCTION words_are_gone(p_call_id text) RETURNS boolean LANGUAGE sql AS $$
    SELECT EXISTS (SELECT 1 FROM calls WHERE id = p_call_id AND words_gone_at IS NOT NULL)
$$;

CREATE FUNCTION late_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF words_are_gone(NEW.call_id) THEN
        NEW.text := '';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER late_turn BEFORE INSERT ON turns FOR EACH ROW EXECUTE FUNCTION late_turn();

CREATE FUNCTION late_summary() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF words_are_gone(NEW.call_id) THEN
        NEW.summary := NULL;
        NEW.summary_source := NULL;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER late_summary BEFORE UPDATE OF summary ON handoffs
FOR EACH ROW WHEN (NEW.summary IS NOT NULL)
EXECUTE FUNCTION late_summary();

CREATE FUNCTION late_answer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF words_are_gone(NEW.call_id) THEN
        NEW.answer := '';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER late_answer BEFORE UPDATE OF answer ON tool_uses
FOR EACH ROW WHEN (NEW.answer <> '')
EXECUTE FUNCTION late_answer();

CREATE FUNCTION late_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF words_are_gone(NEW.call_id) THEN
        NEW.note := '';
        NEW.reason := CASE WHEN NEW.outcome = 'declined' THEN '' ELSE NEW.reason END;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER late_note BEFORE UPDATE OF note, reason ON offers
FOR EACH ROW WHEN (NEW.note <> '' OR NEW.reason <> '')
EXECUTE FUNCTION late_note();

-- What a process wrote last is in its row of writers, words and all. Nobody asks for the answer of a move in a call that
-- has been over for long: "never made" is as good.

CREATE FUNCTION answers_go() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE writers
    SET answer = NULL
    WHERE
        position(NEW.id IN answer) > 0
        OR EXISTS (SELECT 1 FROM handoffs WHERE call_id = NEW.id AND position(handoffs.id IN writers.answer) > 0);
    RETURN NULL;
END $$;

CREATE TRIGGER answers_go AFTER UPDATE OF words_gone_at, numbers_gone_at ON calls
FOR EACH ROW WHEN (NEW.words_gone_at IS NOT NULL OR NEW.numbers_gone_at IS NOT NULL)
EXECUTE FUNCTION answers_go();
