"""A call or handoff as `baton show` prints it."""
