"""What people who take calls get, and what their callers hear, on the real stack."""
