"""Lets a listener speak in a call. Each way to speak needs its own right."""

from __future__ import annotations

from operators.acts import supervise
from operators.acts.room_tokens import supervisors_token
from operators.api.resources import Parts
from operators.api.route_guards import (
    OurParts,
    Who,
    barging_router,
    coaching_router,
    supervising_router,
    taking_over_router,
)
from operators.api.schemas.problems import refuses
from operators.api.schemas.requests import CallPath, Supervisor
from operators.api.schemas.responses import RoomToken, Supervision
from operators.auth.gate import Access
from operators.auth.security_log import Happened
from persistence.access import ListenerMode
from persistence.records import CallId

_TAG = "supervision"
coaching, barging = coaching_router(_TAG), barging_router(_TAG)
taking_over, giving_back = taking_over_router(_TAG), supervising_router(_TAG)

_COACHED = refuses("unknown-call", "call-over", "not-listening", "supervised", "in-line", "not-valid")
_SPOKEN = _COACHED | refuses("call-over", "handoff-open", "on-hold", "supervised", "not-listening", "in-line")
_GIVEN_BACK = refuses("unknown-call", "call-over", "not-listening", "not-valid")


@coaching.post("/calls/{call_id}/coach", status_code=202, operation_id="coach", responses=_COACHED)
async def coach(parts: OurParts, who: Who, call_id: CallPath, body: Supervisor) -> Supervision:
    """Whisper to the person who has the call. A model takes it as a note. The caller does not hear you."""
    return await _supervise(parts, who, call_id, body, ListenerMode.COACH)


@barging.post("/calls/{call_id}/barge", status_code=202, operation_id="barge", responses=_SPOKEN)
async def barge(parts: OurParts, who: Who, call_id: CallPath, body: Supervisor) -> Supervision:
    """Speak with the caller. A person keeps talking; a model is silent until you give the call back."""
    return await _supervise(parts, who, call_id, body, ListenerMode.BARGE)


@taking_over.post("/calls/{call_id}/take-over", status_code=202, operation_id="take_over", responses=_SPOKEN)
async def take_over(parts: OurParts, who: Who, call_id: CallPath, body: Supervisor) -> Supervision:
    """Speak with the caller instead of the person, who is let go, or of the model, which falls silent."""
    return await _supervise(parts, who, call_id, body, ListenerMode.TAKE_OVER)


@giving_back.post(
    "/calls/{call_id}/give-back", status_code=202, operation_id="give_back", responses=_GIVEN_BACK
)
async def give_back(parts: OurParts, who: Who, call_id: CallPath, body: Supervisor) -> Supervision:
    """Only listen again. A model continues. If a person was let go, the desk that handed over continues."""
    return await _supervise(parts, who, call_id, body, ListenerMode.LISTEN)


async def _supervise(
    parts: Parts, who: Access, call_id: str, body: Supervisor, mode: ListenerMode
) -> Supervision:
    listener = await supervise(parts.context, CallId(call_id), body.listener, mode, by=who.name)
    facts = {"moved_to": str(mode), "listener": listener.identity, "call": listener.call_id}
    parts.gate.log.tell(Happened.LISTENING, who.name, **facts)
    made = supervisors_token(parts.context, parts.door, listener)
    url = parts.settings.console.livekit_url or parts.settings.livekit.url
    return Supervision(
        mode=listener.mode,
        speak=RoomToken(
            token=made.token, url=url, room=made.room, identity=made.identity, expires_at=made.expires_at
        ),
    )
