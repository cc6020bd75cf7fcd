"""Commands that try what a role can do, without a call."""
