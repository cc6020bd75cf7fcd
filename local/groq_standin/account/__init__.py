"""Groq's side of an account: its limits, accepted terms, and spending."""
