-- workers.protocol    the version of the protocol between agents that the worker speaks; it was 1 before it was told

ALTER TABLE workers ADD COLUMN protocol INTEGER NOT NULL DEFAULT 1;
