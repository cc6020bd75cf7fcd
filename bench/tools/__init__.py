"""What roles' tools and documents do to a call: silence, doing things twice, ways out, and turns."""
