"""What people who take calls experience, and what their callers hear, on the real stack."""
