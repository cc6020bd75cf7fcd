"""Acts on a call: requests to its holder, and handoffs."""

from __future__ import annotations

from fastapi import Response

from operators.acts import (
    ask_holder,
    hold,
    mark_called_back,
    press_keys,
    resume,
    start_handoff,
    take_back,
)
from operators.api.route_guards import OurParts, Who, acting_router
from operators.api.schemas.problems import refuses
from operators.api.schemas.requests import CallPath, Key, KeysFor, NewHandoff, Nothing, Spoken, TakeBack
from persistence.people import Person
from persistence.records import Call, CallId, Handoff, OperatorRequest, RequestKind, RoleName

router = acting_router("acts on calls")

TAKEN_BACK = "they should be with you again"
"""The default reason for a take-back: a clause, like every reason."""

_ASKED = refuses("unknown-call", "call-over", "handoff-open", "in-line", "words-refused", "not-valid")
_ANSWERED = _ASKED | refuses("call-over", "handoff-open", "in-line", "on-hold")
_HELD = refuses("unknown-call", "call-over", "handoff-open", "in-line", "on-hold", "not-valid")
_RESUMED = refuses("unknown-call", "call-over", "not-on-hold", "not-valid")
_PRESSED = refuses("unknown-call", "call-over", "in-line", "keys-refused", "keys-not-sent", "not-valid")
_ENDED = refuses("unknown-call", "call-over", "not-valid")
_HANDED = refuses(
    "unknown-call",
    "call-over",
    "handoff-open",
    "handoffs-spent",
    "target-not-allowed",
    "person-not-allowed",
    "words-refused",
    "not-valid",
) | {200: {"model": Handoff, "description": "The key was seen before: the row as it stands"}}


@router.post("/calls/{call_id}/say", status_code=202, operation_id="say", responses=_ASKED)
async def say(parts: OurParts, who: Who, call_id: CallPath, body: Spoken, key: Key = None) -> OperatorRequest:
    """Have the agent say a line to the caller. Refused while a handoff is open."""
    return await _ask(parts, who, call_id, RequestKind.SAY, body.words, key)


@router.post("/calls/{call_id}/ask", status_code=202, operation_id="ask", responses=_ANSWERED)
async def ask(parts: OurParts, who: Who, call_id: CallPath, body: Spoken, key: Key = None) -> OperatorRequest:
    """Have the agent answer words as if the caller had said them. Refused during a handoff and on hold."""
    return await _ask(parts, who, call_id, RequestKind.ASK, body.words, key)


@router.post("/calls/{call_id}/notes", status_code=202, operation_id="note", responses=_ASKED)
async def note(
    parts: OurParts, who: Who, call_id: CallPath, body: Spoken, key: Key = None
) -> OperatorRequest:
    """Tell the agent something in private, such as a fact to use. The caller does not hear it."""
    return await _ask(parts, who, call_id, RequestKind.NOTE, body.words, key)


@router.post("/calls/{call_id}/keys", operation_id="press_keys", responses=_PRESSED)
async def press(
    parts: OurParts, who: Who, call_id: CallPath, body: KeysFor, key: Key = None
) -> OperatorRequest:
    """Press keys for one telephone in the call, such as for a menu. The answer comes once they were sent.

    The keys are not stored: the request only records how many they were.
    """
    return await press_keys(parts.context, CallId(call_id), body.keys, body.to, by=who.name, key=key)


@router.post("/calls/{call_id}/end", status_code=202, operation_id="end", responses=_ENDED)
async def end(
    parts: OurParts, who: Who, call_id: CallPath, body: Nothing | None = None, key: Key = None
) -> OperatorRequest:
    """End the call: the agent says goodbye, and the room is closed."""
    return await _ask(parts, who, call_id, RequestKind.END, "", key)


@router.post("/calls/{call_id}/hold", status_code=202, operation_id="hold", responses=_HELD)
async def hold_call(parts: OurParts, who: Who, call_id: CallPath, body: Nothing | None = None) -> Call:
    """Put the caller on hold, with music, until somebody acts. Refused while a handoff is open."""
    return await hold(parts.context, CallId(call_id), by=who.name)


@router.post("/calls/{call_id}/resume", status_code=202, operation_id="resume", responses=_RESUMED)
async def resume_call(parts: OurParts, who: Who, call_id: CallPath, body: Nothing | None = None) -> Call:
    """Take the caller off hold: the agent talks with them again."""
    return await resume(parts.context, CallId(call_id), by=who.name)


@router.post(
    "/calls/{call_id}/called-back",
    operation_id="mark_called_back",
    responses=refuses("unknown-call", "no-call-back", "not-valid"),
)
async def called_back(parts: OurParts, who: Who, call_id: CallPath, body: Nothing | None = None) -> Call:
    """Record that you have called the caller back."""
    context = parts.context
    return await mark_called_back(context.store, CallId(call_id), by=who.name, at=context.clock.now_ms())


@router.post("/calls/{call_id}/handoffs", status_code=201, operation_id="start_handoff", responses=_HANDED)
async def hand_over(
    parts: OurParts, who: Who, response: Response, call_id: CallPath, body: NewHandoff, key: Key = None
) -> Handoff:
    """Start a handoff. A repeated Idempotency-Key returns the first handoff as it is now."""
    handoff, is_new = await start_handoff(
        parts.context,
        CallId(call_id),
        RoleName(body.target),
        reason=body.reason,
        by=who.name,
        note=body.note,
        completes=body.completes,
        person=Person(body.person) if body.person else None,
        key=key,
    )
    response.status_code = 201 if is_new else 200
    return handoff


@router.post("/calls/{call_id}/take-back", status_code=201, operation_id="take_back", responses=_HANDED)
async def take_back_call(
    parts: OurParts,
    who: Who,
    response: Response,
    call_id: CallPath,
    body: TakeBack | None = None,
    key: Key = None,
) -> Handoff:
    """Hand the call back to a role that held it before."""
    body = body or TakeBack()
    handoff, is_new = await take_back(
        parts.context,
        CallId(call_id),
        RoleName(body.role) if body.role else None,
        reason=body.reason or TAKEN_BACK,
        by=who.name,
        key=key,
    )
    response.status_code = 201 if is_new else 200
    return handoff


async def _ask(
    parts: OurParts, who: Who, call_id: str, kind: RequestKind, words: str, key: str | None
) -> OperatorRequest:
    return await ask_holder(parts.context, CallId(call_id), kind, words, by=who.name, key=key)
