"""Groq's chat model as LiveKit's LLM."""
