"""What a job's process has ready before its call."""
