"""What is held of a caller, and for how long."""
