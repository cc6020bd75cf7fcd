"""A call or handoff as `baton show` tells it."""
