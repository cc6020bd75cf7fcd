"""`make bench-handoff`: a handoff measured beside three baselines in one run."""
