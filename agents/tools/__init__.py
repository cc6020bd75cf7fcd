"""A role's own tools: read from the roster's files, and called. Nothing here knows about calls."""
