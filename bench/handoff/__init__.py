"""A handoff measured beside three baselines in one run."""
