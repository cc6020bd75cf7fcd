"""The worker's parent process: checks at start, admission of calls, supervision of jobs."""
