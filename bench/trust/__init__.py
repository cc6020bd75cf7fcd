"""What trust costs the calls, and what is left of a caller who was forgotten."""
