"""Groq as LiveKit's LLM, STT and TTS, over one client per process."""
