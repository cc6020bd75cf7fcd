"""Sound: prepared lines, hold music, silence, and voice activity."""
