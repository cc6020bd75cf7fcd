"""People who are called by telephone: whom, in which order, what came of it, and who accepts the caller."""
