"""One call: how it opens, its loop, its handoff desk, and the wiring of its monitors."""
