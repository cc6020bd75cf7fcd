"""Who a caller is, as LiveKit tells it: for people who look for the call, or call back."""

from __future__ import annotations

from livekit import rtc

NUMBER = "sip.phoneNumber"
"""Absent if the trunk hides numbers."""

_SIP_NAME = "Phone "
"""livekit-sip calls every caller by telephone this, followed by the number or by a part of it."""

_LONGEST = 200


def name_of(caller: rtc.RemoteParticipant) -> str:
    """The caller's name; empty if nobody gave them one."""
    name = " ".join(caller.name.split())[:_LONGEST]
    by_telephone = caller.kind == rtc.ParticipantKind.PARTICIPANT_KIND_SIP
    return "" if by_telephone and name.startswith(_SIP_NAME) else name


def number_of(caller: rtc.RemoteParticipant) -> str:
    """The caller's telephone number; empty if they did not call by telephone, or hid it."""
    return " ".join(caller.attributes.get(NUMBER, "").split())[:_LONGEST]
