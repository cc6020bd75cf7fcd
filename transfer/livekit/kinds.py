"""Who in a room is an agent: by the kind in their token, which the server checks, and not by their name."""

from __future__ import annotations

from livekit import rtc

_AGENT = rtc.ParticipantKind.PARTICIPANT_KIND_AGENT


def is_agent(participant: rtc.RemoteParticipant) -> bool:
    return participant.kind == _AGENT


def may_be_agent(room: rtc.Room, identity: str) -> bool:
    """Also for one who is not announced yet: silent participants are told of up to 3 s late."""
    participant = room.remote_participants.get(identity)
    return participant is None or is_agent(participant)
