"""What a job's process prepares before its call."""
