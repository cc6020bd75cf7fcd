-- turns.nod    1 if the caller only showed that they listen, with a word such as "okay" while the agent spoke

ALTER TABLE turns ADD COLUMN nod INTEGER NOT NULL DEFAULT 0 CHECK (nod IN (0, 1));
