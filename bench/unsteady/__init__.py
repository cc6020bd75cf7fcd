"""Calls through a Groq that fails one request in three, in every way that the stand-in knows."""
