"""Checks whether questions find their passages, and how fast."""
