"""Who may watch and act: names, tokens, sessions, and the limits on failed logins and on each operator."""
