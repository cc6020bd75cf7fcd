"""Counts what we use of Groq, at the point where requests are sent."""
