"""A person plays the target: their own room, the bridge to the caller's room, and their words as turns."""
