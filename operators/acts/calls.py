"""Requests to a call's holder other than handoffs, and the request to start an agent in a room."""

from __future__ import annotations

import uuid

from errors import LineFailed, OnHold, StaleHandoff
from operators.act_refused import CallOver, NoCallBack, TargetNotAllowed, UnknownCall
from operators.acts.context import (
    ActContext,
    checked_words,
    may_be_kept,
    no_open_handoff,
    not_in_line,
    open_call,
)
from persistence.contract.store import Store
from persistence.records import Call, CallId, OperatorRequest, RequestId, RequestKind, RequestState, RoleName
from transfer.protocol import AnswerCall

SPOKEN = frozenset({RequestKind.SAY, RequestKind.ASK})


async def ask_holder(
    context: ActContext, call_id: CallId, kind: RequestKind, words: str, *, by: str, key: str | None = None
) -> OperatorRequest:
    """Ask the holder to say, answer or note `words`, or to end the call.

    Returns the row in state requested; the holder takes it within 250 ms. A repeated `key` returns the first
    row.
    Raises: UnknownCall, CallOver, WordsRefused, HandoffOpen (nobody else speaks during a handoff), OnHold
    (the model does not answer), InLine (no agent is there to speak).
    """
    words = "" if kind is RequestKind.END else checked_words(words)
    for made in await context.store.requests(call_id):
        if made.idempotency_key == key:
            return made
    call = await open_call(context, call_id)
    await may_be_kept(context, call_id, [call.holder_role], words)
    if kind in SPOKEN:
        not_in_line(call)
        await no_open_handoff(context, call_id)
    if kind is RequestKind.ASK and call.held_by is not None:
        raise OnHold(call.held_by)
    try:
        request = await context.store.add_request(_new(context, call.room, kind, words, by, key, call_id))
    except StaleHandoff as stale:
        raise CallOver(call_id, None) from stale
    await context.server.nudge(call)
    return request


async def start_agent(
    context: ActContext, room: str, role: RoleName, *, by: str, key: str | None = None
) -> OperatorRequest:
    """Start an agent in a room, where it waits for a caller. Raises: TargetNotAllowed.

    State done means that LiveKit accepted the dispatch. The call begins once the agent has joined the room.
    """
    if role not in context.roles:
        raise TargetNotAllowed(role, sorted(context.roles))
    asked = _new(context, room, RequestKind.START, role, by, key)
    request = await context.store.add_request(asked)
    if request.id != asked.id:
        return request
    state, reason = RequestState.DONE, None
    try:
        await context.server.dispatch(room, AnswerCall(role=role))
    except LineFailed as error:
        state, reason = RequestState.FAILED, str(error)
    return await context.store.end_request(
        request.id, state, reason=reason, actor=by, at=context.clock.now_ms()
    )


async def mark_called_back(store: Store, call_id: CallId, *, by: str, at: int) -> Call:
    """Record that the operator `by` has called the caller back. Raises: UnknownCall, NoCallBack."""
    try:
        return await store.mark_called_back(call_id, by=by, at=at)
    except StaleHandoff as stale:
        call = await store.call(call_id)
        if call is None:
            raise UnknownCall(call_id) from stale
        raise NoCallBack(call_id, call.called_back_by) from stale


def _new(
    context: ActContext,
    room: str,
    kind: RequestKind,
    words: str,
    by: str,
    key: str | None,
    call_id: CallId | None = None,
) -> OperatorRequest:
    return OperatorRequest(
        id=RequestId(f"request-{uuid.uuid4().hex}"),
        call_id=call_id,
        room=room,
        kind=kind,
        words=words,
        requested_by=by,
        idempotency_key=key or uuid.uuid4().hex,
        requested_at=context.clock.now_ms(),
    )
