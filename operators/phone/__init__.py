"""The inbound trunk and the dispatch rule in livekit-server, by which callers reach us by telephone."""
