"""The scripted caller: a real WebRTC participant that speaks, listens and records what it receives."""
