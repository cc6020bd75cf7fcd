"""The handoff: states, protocol, coordinator. No LiveKit in the core; its adapters stand beside it."""
