"""The operators' service: JSON API, live events, metrics, and the console's files. No agent depends on it."""
