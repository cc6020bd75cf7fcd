"""What several benchmarks share: callers and rooms, statistics, tables, and how a benchmark runs."""
