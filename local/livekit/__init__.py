"""A livekit-server on this machine: found or built, started and stopped."""
