"""`baton operators`: the operators' rights, tokens and sessions."""
