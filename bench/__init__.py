"""Benchmarks: Baton beside LiveKit's own means, in one run, at the caller's ear."""
