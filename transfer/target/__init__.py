"""The target's side of a handoff: claim, join, answer, take over."""
