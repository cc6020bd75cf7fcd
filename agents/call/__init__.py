"""One call: how it is opened, its loop, its handoff desk, and the wiring of its monitors."""
