-- turns.typed    1 if the caller typed the words on their page instead of speaking them

ALTER TABLE turns ADD COLUMN typed INTEGER NOT NULL DEFAULT 0 CHECK (typed IN (0, 1));
