"""Groq as LiveKit's language model, ears and voice, over one client a process."""
