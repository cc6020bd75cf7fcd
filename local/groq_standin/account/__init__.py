"""Groq's side of an account: its limits, the terms it has accepted, and what it has spent."""
