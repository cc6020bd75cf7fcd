"""The whole stack on one machine: livekit-server, the Groq stand-in, the scripted caller, the demo."""
