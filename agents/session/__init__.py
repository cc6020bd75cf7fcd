"""A role's AgentSession: how it listens, speaks, takes turns and remembers."""
