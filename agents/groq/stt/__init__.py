"""Groq's transcription model as LiveKit's STT."""
