"""Room tokens: for callers, which also dispatch an agent, and for hidden listeners.

Each token is a row first, so the events say who created it. A caller's token is an operator's request. A
listener's token is a row in `listeners`, and `operators.acts.listening` removes listeners from the room.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from livekit import api

from operators.act_refused import NoOpenCall, RoomTaken, TargetNotAllowed
from operators.acts.context import ActContext
from persistence.access import Listener, ListenerState
from persistence.people import OfferId
from persistence.records import CALLER, OperatorRequest, RequestId, RequestKind, RequestState
from transfer.desk_protocol import ROOMS as OF_PERSONS
from transfer.desk_protocol import person_in, room_of
from transfer.page_protocol import page_attributes
from transfer.protocol import AGENTS, AnswerCall
from transfer.supervision import ROOMS as OF_SUPERVISORS
from transfer.supervision import supervisors_room

CARRIED_LIFE = timedelta(minutes=10)
"""Lifetime of a caller's token that a person copies to where it is used."""
PAGES_LIFE = timedelta(minutes=1)
"""Lifetime of a page's token: a page joins at once. livekit-server renews the token after the join, and then
every five minutes."""

_MICROPHONE: Mapping[str, Any] = {"can_publish": True, "can_publish_sources": ["microphone"]}

NOT_AN_AGENTS = f"should not begin with {AGENTS}, which is reserved for agents"
"""Said of a caller's identity: livekit-server disconnects an agent if a caller joins under its identity."""


@dataclass(frozen=True, slots=True)
class Door:
    """The key that signs tokens, and the agent name for dispatches."""

    api_key: str
    api_secret: str = field(repr=False)
    agent_name: str


@dataclass(frozen=True, slots=True)
class Made:
    """A token. `expires_at`: the time until which it can be used to join, ms UTC."""

    token: str = field(repr=False)
    room: str
    identity: str
    expires_at: int


async def caller_token(
    context: ActContext,
    door: Door,
    *,
    room: str | None,
    identity: str | None,
    role: str | None,
    by: str,
    life: timedelta = PAGES_LIFE,
) -> Made:
    """Return a token to join and speak: microphone only. LiveKit dispatches an agent if the room is new.

    Until its `life` is over, the token can reopen the room, even after the call. None means a new room, a new
    identity, the default role. Raises: TargetNotAllowed, RoomTaken, StoreError.
    """
    if role is not None and role not in context.roles:
        raise TargetNotAllowed(role, sorted(context.roles))
    if room is not None:
        await _check_free(context, room, identity)
    room, identity = room or _new("call"), identity or _new("caller")
    token = _token(door, identity, room, **_MICROPHONE)
    token = token.with_room_config(_answered_by(door, AnswerCall(role=role, caller=identity)))
    return await _made(context, token, room, identity, life, by=by)


async def visitor_token(
    context: ActContext,
    door: Door,
    *,
    room: str,
    identity: str | None,
    longest_call_s: float,
    call_back: OfferId | None = None,
) -> Made:
    """Return a token for a caller from the call page: one room, and the first role answers.

    `identity`: that of a caller who continues their call; None: a new one. The right to send data is for
    typed lines, which go only to the agent. `call_back`: the offer of a call back that the caller answers.
    Raises: StoreError.
    """
    identity = identity or _new("caller")
    token = _token(door, identity, room, **_MICROPHONE, can_publish_data=True)
    token = token.with_attributes(page_attributes(longest_call_s=longest_call_s, call_back=call_back))
    token = token.with_room_config(_answered_by(door, AnswerCall(caller=identity)))
    return await _made(context, token, room, identity, PAGES_LIFE, by=CALLER)


async def listener_token(context: ActContext, door: Door, *, room: str, by: str, key: str | None) -> Made:
    """Return a token for an operator who listens to this room's open call, hidden from the others.

    `key`: that of the session or token with which listening ends. livekit-server may have rooms that are
    not our calls: they are refused. Raises: NoOpenCall, StoreError.
    """
    call = await context.store.open_call_in(room)
    identity, now = _new("listener"), context.clock.now_ms()
    if call is None:
        raise NoOpenCall(room)
    listener = Listener(identity, call.id, by, key, ListenerState.ASKED, made_at=now, moved_at=now)
    if not await context.store.add_listener(listener):
        raise NoOpenCall(room)  # it ended meanwhile
    token = _token(door, identity, room, hidden=True, can_publish=False).with_ttl(PAGES_LIFE)
    return Made(token.to_jwt(), room, identity, _until(now, PAGES_LIFE))


def supervisors_token(context: ActContext, door: Door, listener: Listener) -> Made:
    """Return a token for a listener who speaks: a microphone, in a room where only the holder hears it."""
    room, now = supervisors_room(listener.identity), context.clock.now_ms()
    token = _token(door, listener.identity, room, **_MICROPHONE).with_ttl(PAGES_LIFE)
    return Made(token.to_jwt(), room, listener.identity, _until(now, PAGES_LIFE))


def persons_token(door: Door, offer: OfferId) -> str:
    """Return a short-lived token for the room in which a person is alone with the agent that has the call.

    The right to send data is for the person's requests to that agent.
    """
    token = _token(door, person_in(offer), room_of(offer), **_MICROPHONE, can_publish_data=True)
    return token.with_ttl(PAGES_LIFE).to_jwt()


async def _check_free(context: ActContext, room: str, identity: str | None) -> None:
    """Check that a caller's token may name this room. The call's own caller may come back.

    Everybody in a call's room hears the call; listening needs another right and leaves an event.
    Raises: RoomTaken, StoreError.
    """
    call = await context.store.open_call_in(room)
    if room.startswith((OF_PERSONS, OF_SUPERVISORS)) or (call is not None and call.caller != identity):
        raise RoomTaken(room)


def _answered_by(door: Door, task: AnswerCall) -> api.RoomConfiguration:
    agent = api.RoomAgentDispatch(agent_name=door.agent_name, metadata=task.model_dump_json())
    return api.RoomConfiguration(agents=[agent])


def _token(
    door: Door, identity: str, room: str, *, can_publish_data: bool = False, **grants: Any
) -> api.AccessToken:
    """Return a token to hear one room, with further `grants`."""
    video = api.VideoGrants(
        room_join=True,
        room=room,
        can_subscribe=True,
        can_publish_data=can_publish_data,
        can_update_own_metadata=False,
        **grants,
    )
    token = api.AccessToken(door.api_key, door.api_secret)
    return token.with_identity(identity).with_grants(video)


async def _made(
    context: ActContext, token: api.AccessToken, room: str, identity: str, life: timedelta, *, by: str
) -> Made:
    """Record the token before it is handed out."""
    now = context.clock.now_ms()
    asked = OperatorRequest(
        id=RequestId(f"request-{uuid.uuid4().hex}"),
        call_id=None,
        room=room,
        kind=RequestKind.TOKEN,
        words="caller",
        requested_by=by,
        idempotency_key=uuid.uuid4().hex,
        requested_at=now,
    )
    request = await context.store.add_request(asked)
    await context.store.end_request(request.id, RequestState.DONE, reason=None, actor=by, at=now)
    return Made(token.with_ttl(life).to_jwt(), room, identity, _until(now, life))


def _until(now: int, life: timedelta) -> int:
    return now + round(life.total_seconds() * 1000)


def _new(kind: str) -> str:
    return f"{kind}-{uuid.uuid4().hex[:12]}"
