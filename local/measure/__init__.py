"""Measurements at the caller's end: who sounds when, silences, and the recording."""
