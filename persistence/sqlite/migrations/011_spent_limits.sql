-- Groq's limits that are spent, so that what one worker is told of them the others know, and operators see it.
--
-- account  stands for the key: workers of other keys have limits of their own
-- model    the model that Groq refuses
-- day      1: the limit of a day; 0: of a minute or an hour
-- since    when it was refused first
-- until    when Groq has said that it has room again; the row counts no more from then on
--
-- Both times are the store's own clock's.

CREATE TABLE spent_limits (
    account TEXT NOT NULL,
    model TEXT NOT NULL,
    day INTEGER NOT NULL CHECK (day IN (0, 1)),
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (account, model)
) STRICT;
