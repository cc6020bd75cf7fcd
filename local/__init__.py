"""The stack on one machine: livekit-server, the stand-in for Groq, the scripted caller, the demo."""
