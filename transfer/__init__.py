"""The handoff: states, protocol, ports, and the two sides. LiveKit is only in `transfer.livekit`."""
