"""The operators' service: command line, API and console. Runs as its own process."""
