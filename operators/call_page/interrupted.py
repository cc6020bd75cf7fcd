"""Decides whether a call that a page's reload interrupted may continue. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import jwt
from livekit import api

from operators.call_page.admission import LATE_MS, ROOMS
from persistence.records import Call, CallEnd

_IN_LINE = timedelta(minutes=10)
"""How long a caller may have waited in line: the time of their call begins when an agent answers."""
_LEFT = {CallEnd.CALLER_LEFT, CallEnd.GAVE_UP}


@dataclass(frozen=True, slots=True)
class Visitor:
    """The caller that a token from the page names."""

    room: str
    identity: str


def caller_of(token: str, *, api_key: str, api_secret: str, longest_call_s: float) -> Visitor | None:
    """Return the caller if this is our token for one of the page's rooms, else None.

    The token is accepted for as long as its call may last.
    """
    leeway = _IN_LINE + timedelta(seconds=longest_call_s, milliseconds=LATE_MS)
    try:
        claims = api.TokenVerifier(api_key, api_secret, leeway=leeway).verify(token)
    except jwt.InvalidTokenError:
        return None
    room = claims.video.room if claims.video else ""
    return Visitor(room, claims.identity) if room.startswith(ROOMS) else None


def may_go_on(before: Call | None, caller: Visitor, *, departure_s: float, now: int) -> bool:
    """Whether `before`, the room's latest call, is open, or this caller left it at most `departure_s` ago.

    A caller who left the line gets their old place back (agents/waiting/arrival.py).
    """
    if before is None or before.caller != caller.identity:
        return False
    if before.ended_at is None:
        return True
    return before.ended_how in _LEFT and now - before.ended_at <= departure_s * 1000
