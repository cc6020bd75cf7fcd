-- Why an operator redirected a handoff, and how long its caller waited.
--
-- redirect_reason    why, for the target of the redirection; empty: the handoff's own reason counts for it too
-- redirect_note      an operator's words for that target's brief
-- on_hold_ms         from the hold line's end until an agent spoke with the caller again
-- music_ms           how much of that had music
-- time_to_target_ms  from the request to the target's first word

ALTER TABLE handoffs ADD COLUMN redirect_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE handoffs ADD COLUMN redirect_note TEXT NOT NULL DEFAULT '';
ALTER TABLE handoffs ADD COLUMN on_hold_ms INTEGER CHECK (on_hold_ms >= 0);
ALTER TABLE handoffs ADD COLUMN music_ms INTEGER CHECK (music_ms >= 0);
ALTER TABLE handoffs ADD COLUMN time_to_target_ms INTEGER CHECK (time_to_target_ms >= 0);
