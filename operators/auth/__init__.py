"""Who may watch and act: names, tokens, sessions, and the rate limit of failed logins."""
