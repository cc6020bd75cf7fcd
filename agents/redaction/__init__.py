"""Finds people's numbers and addresses in what is said or written, and replaces them by their kind. Pure."""
