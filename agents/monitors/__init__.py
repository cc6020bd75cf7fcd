"""Monitors of a call: the caller, the models, the room, and operators' requests."""
