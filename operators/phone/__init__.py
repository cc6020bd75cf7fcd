"""Callers by telephone: the inbound trunk and the dispatch rule in livekit-server."""
