"""The inbound trunk and the dispatch rule in livekit-server, through which callers reach us by telephone."""
