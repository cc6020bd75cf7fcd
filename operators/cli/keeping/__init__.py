"""Commands for what is stored about a caller, and for how long."""
