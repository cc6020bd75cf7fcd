"""The worker's parent process: checks at start, supervision of jobs, and what its jobs share."""
