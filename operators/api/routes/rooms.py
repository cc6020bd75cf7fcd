"""LiveKit's rooms and participants, and starting an agent in a room."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from livekit.protocol.models import ParticipantInfo, TrackSource

from operators.acts import start_agent
from operators.api.route_guards import OurParts, Who, acting_router, watching_router
from operators.api.schemas.problems import refuses
from operators.api.schemas.requests import Key, NewCall
from operators.api.schemas.responses import ParticipantSeen, RoomSeen
from operators.refused import Refused
from persistence.records import OperatorRequest, RoleName

router = watching_router("rooms")
acts = acting_router("rooms")

_LIMIT_S = 2.0
RoomPath = Annotated[str, Path(max_length=200, description="the name of a room")]


@router.get("/rooms", operation_id="list_rooms", responses=refuses("livekit-out-of-reach"))
async def list_rooms(parts: OurParts) -> list[RoomSeen]:
    """List all rooms."""
    return [
        RoomSeen(name=room.name, participants=room.num_participants, made_at=room.creation_time * 1000)
        for room in await parts.livekit.rooms(limit_s=_LIMIT_S)
    ]


@router.get(
    "/rooms/{room:path}/participants",
    operation_id="list_participants",
    responses=refuses("unknown-room", "not-valid", "livekit-out-of-reach"),
)
async def list_participants(parts: OurParts, room: RoomPath) -> list[ParticipantSeen]:
    """List the participants of a room."""
    found = await parts.livekit.participants(room, limit_s=_LIMIT_S)
    if found is None:
        raise Refused("unknown-room", f"LiveKit knows no room {room}", room=room)
    return [_seen(participant) for participant in found]


@acts.post(
    "/calls",
    status_code=202,
    operation_id="start_agent",
    tags=["acts on calls"],
    responses=refuses("target-not-allowed", "not-valid"),
)
async def add_agent(parts: OurParts, who: Who, body: NewCall, key: Key = None) -> OperatorRequest:
    """Start an agent in a room.

    State `done` means that LiveKit accepted the dispatch. The call appears once the agent has joined.
    """
    return await start_agent(parts.context, body.room, RoleName(body.role), by=who.name, key=key)


def _seen(participant: ParticipantInfo) -> ParticipantSeen:
    return ParticipantSeen(
        identity=participant.identity,
        kind=ParticipantInfo.Kind.Name(participant.kind).lower(),
        state=ParticipantInfo.State.Name(participant.state).lower(),
        joined_at=participant.joined_at_ms or participant.joined_at * 1000,
        hidden=participant.permission.hidden,
        publishes=[TrackSource.Name(track.source).lower() for track in participant.tracks],
    )
