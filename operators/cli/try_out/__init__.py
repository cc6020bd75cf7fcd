"""Commands that try out what a role can do, without a call."""
