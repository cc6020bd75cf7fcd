"""Finds or builds livekit-server, and runs it on this machine."""
