"""Calls through a Groq that fails one request in three, in every way it may."""
