"""Groq's speech model as LiveKit's TTS."""
