"""Tokens for callers and listeners to join a room."""

from __future__ import annotations

from fastapi import Request

from operators.acts.room_tokens import caller_token, listener_token
from operators.api.route_guards import OurParts, Who, joining_router
from operators.api.schemas.problems import refuses
from operators.api.schemas.requests import NewToken
from operators.api.schemas.responses import RoomToken
from operators.auth.security_log import Happened
from operators.refused import Refused
from persistence.access import Right

router = joining_router("tokens")

_REFUSED = refuses("target-not-allowed", "room-taken", "no-open-call", "not-valid")


@router.post("/tokens", status_code=201, operation_id="make_token", responses=_REFUSED)
async def make_token(request: Request, parts: OurParts, who: Who, body: NewToken) -> RoomToken:
    """Make a short-lived token for a caller, or for a hidden listener of an open call.

    A caller's token needs the right `act`, a listener's the right `listen`.
    """
    if body.kind == "caller":
        parts.gate.check_right(request, who, Right.ACT)
        made = await caller_token(
            parts.context, parts.door, room=body.room, identity=body.identity, role=body.role, by=who.name
        )
    else:
        parts.gate.check_right(request, who, Right.LISTEN)
        if body.room is None or body.identity is not None or body.role is not None:
            wrong = "a listener's token needs a room, and has neither identity nor role"
            raise Refused("not-valid", wrong, errors=[])
        made = await listener_token(parts.context, parts.door, room=body.room, by=who.name, key=who.key)
        parts.gate.log.tell(Happened.LISTENING, who.name, moved_to="asked", listener=made.identity)
    url = parts.settings.console.livekit_url or parts.settings.livekit.url
    return RoomToken(
        token=made.token, url=url, room=made.room, identity=made.identity, expires_at=made.expires_at
    )
