"""`make bench-turns`: how callers take turns with an agent, beside LiveKit's AgentSession in one run."""
