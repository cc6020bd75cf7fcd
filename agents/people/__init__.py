"""A person plays the target: their own room, the bridge to the caller's, and what they say, as turns."""
