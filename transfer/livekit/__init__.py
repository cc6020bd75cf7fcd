"""The handoff's ports over LiveKit: dispatch, and the private line between two agents."""
