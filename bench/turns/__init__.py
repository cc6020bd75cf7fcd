"""`make bench-turns`: how callers and an agent take turns, against LiveKit's AgentSession in one run."""
