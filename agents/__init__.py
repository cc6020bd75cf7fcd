"""The LiveKit side of a persona: session, tools, roster, Groq."""
