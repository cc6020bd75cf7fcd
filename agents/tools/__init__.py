"""A role's own tools: read from the roster's files, and carried out; nothing here knows of a call."""
