"""Whose turn it is: nods, and where a caller's turn ends. Pure: no LiveKit, no I/O, no clock."""
