"""The worker's process: what it checks at start, which calls it takes, and how it watches over its jobs."""
