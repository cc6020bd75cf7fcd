"""Groq's side of an account: what an organization may spend, what it has accepted, and what it has spent."""
