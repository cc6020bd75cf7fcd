"""Tokens for callers and listeners to join a room."""

from __future__ import annotations

from operators.acts.room_tokens import caller_token, listener_token
from operators.api.route_guards import OurParts, Who, watching_router
from operators.api.schemas.problems import refuses
from operators.api.schemas.requests import NewToken
from operators.api.schemas.responses import RoomToken
from operators.auth.gate import check_may_act
from operators.refused import Refused

router = watching_router("tokens")

_REFUSED = refuses("foreign-origin", "may-only-watch", "target-not-allowed", "not-valid")


@router.post("/tokens", status_code=201, operation_id="make_token", responses=_REFUSED)
async def make_token(parts: OurParts, who: Who, body: NewToken) -> RoomToken:
    """A token for a caller (operators only) or for a hidden listener (viewers too). Short-lived."""
    if body.kind == "caller":
        check_may_act(who)
        made = await caller_token(
            parts.context, parts.door, room=body.room, identity=body.identity, role=body.role, by=who.name
        )
    else:
        if body.room is None or body.identity is not None or body.role is not None:
            wrong = "a listener's token needs a room, and has neither identity nor role"
            raise Refused("not-valid", wrong, errors=[])
        made = await listener_token(parts.context, parts.door, room=body.room, by=who.name)
    url = parts.settings.console.livekit_url or parts.settings.livekit.url
    return RoomToken(
        token=made.token, url=url, room=made.room, identity=made.identity, expires_at=made.expires_at
    )
