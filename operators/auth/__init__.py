"""Access to the service: names, tokens, sessions, and the limits on failed logins and on each operator."""
