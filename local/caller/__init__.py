"""The scripted caller: a real WebRTC participant that speaks, listens and keeps what it receives."""
