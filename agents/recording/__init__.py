"""A process of its own: it hears each recorded call in its room, as the caller does, and writes it down."""
