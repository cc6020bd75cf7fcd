"""The room that carries a supervisor's voice, from which the call's holder copies it.

So no whisper can reach the caller's room: nobody publishes it there. The room's name follows from the
listener's identity, which is the same in both rooms.
"""

from __future__ import annotations

ROOMS = "supervisor-"
"""Prefix of the rooms' names."""
SUPERVISOR_TRACK = "supervisor"
"""The name of the tracks that a holder copies a supervisor's voice into."""


def supervisors_room(identity: str) -> str:
    return f"{ROOMS}{identity}"
