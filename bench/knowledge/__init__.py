"""Whether questions find their passages, and how fast."""
