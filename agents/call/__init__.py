"""A call in an agent's hands: its loop, its handoff desk, and what is joined to it."""
