"""`make bench-handoff`: a handoff measured against three baselines in one run."""
