-- The metrics count what agents looked up. Without this, each count would read every event.
CREATE INDEX lookups_by_outcome ON events (moved_to) WHERE kind = 'knowledge';
