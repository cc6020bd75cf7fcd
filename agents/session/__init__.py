"""A role's AgentSession: listening, speaking, turn taking and transcript."""
