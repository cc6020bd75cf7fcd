"""People called by telephone: whom to call, in which order, the outcome, and who accepts the caller."""
