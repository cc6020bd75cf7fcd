"""Benchmarks: Baton against what LiveKit offers, in one run, at the caller's ear."""
