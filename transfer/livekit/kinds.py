"""Recognises agents and telephones in a room by the kind in their token, which the server checks."""

from __future__ import annotations

from livekit import rtc

_AGENT = rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
_SIP = rtc.ParticipantKind.PARTICIPANT_KIND_SIP
RULE = "sip.ruleID"
_NUMBER_CALLED = "sip.trunkPhoneNumber"


def is_agent(participant: rtc.RemoteParticipant) -> bool:
    return participant.kind == _AGENT


def is_telephone(participant: rtc.RemoteParticipant) -> bool:
    return participant.kind == _SIP


def was_let_in(participant: rtc.RemoteParticipant) -> bool:
    """Whether a dispatch rule let them in, so they called us. A telephone that we called has no rule."""
    return RULE in participant.attributes


def our_number(participant: rtc.RemoteParticipant) -> str:
    """Return our number on a telephone's line; empty if it is hidden."""
    return participant.attributes.get(_NUMBER_CALLED, "")


def may_be_agent(room: rtc.Room, identity: str) -> bool:
    """Whether it is an agent, or not announced yet: silent participants are announced up to 3 s late."""
    participant = room.remote_participants.get(identity)
    return participant is None or is_agent(participant)
