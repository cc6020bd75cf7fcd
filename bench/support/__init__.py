"""Shared parts of the benchmarks: callers and rooms, statistics, tables, and the command line."""
