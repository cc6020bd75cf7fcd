"""Presses keys for one telephone of a call, for example to answer a menu at its other end."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import suppress

from agents.keys.pressing import KEYS_HINT, are_keys, takes_s
from errors import LineFailed, StaleHandoff
from operators.act_refused import CallOver, KeysNotSent, KeysRefused
from operators.acts.context import ActContext, not_in_line, open_call
from persistence.records import CallId, OperatorRequest, RequestId, RequestKind, RequestState
from transfer.keys_protocol import Leg, PressKeys

_TAKEN_WITHIN_S = 5.0
_LOOK_EVERY_S = 0.1


async def press_keys(
    context: ActContext, call_id: CallId, keys: str, leg: Leg, *, by: str, key: str | None = None
) -> OperatorRequest:
    """Have the holder press `keys` for one telephone of the call, and for no other.

    Returns the row once the keys were sent. The row has only their number, and no other record has the keys:
    they go to the holder through LiveKit. A repeated `key` presses nothing more.
    Raises: UnknownCall, CallOver, InLine, KeysRefused, KeysNotSent.
    """
    if not are_keys(keys):
        raise KeysRefused(KEYS_HINT)
    call = await open_call(context, call_id)
    not_in_line(call)
    asked = OperatorRequest(
        id=RequestId(f"request-{uuid.uuid4().hex}"),
        call_id=call_id,
        room=call.room,
        kind=RequestKind.KEYS,
        words=f"{len(keys)} for the {leg}'s telephone",
        requested_by=by,
        idempotency_key=key or uuid.uuid4().hex,
        requested_at=context.clock.now_ms(),
    )
    try:
        request = await context.store.add_request(asked)
    except StaleHandoff as stale:
        raise CallOver(call_id, None) from stale
    if request.id == asked.id:
        try:
            await context.server.send_keys(call, PressKeys(request=request.id, leg=leg, keys=keys))
        except LineFailed as error:
            await _fail(context, request, str(error), by)
    with suppress(TimeoutError):
        async with asyncio.timeout(_TAKEN_WITHIN_S + takes_s(keys)):
            return await _sent(context, request)
    raise KeysNotSent("the agent has not confirmed the keys yet; see the request's row")


async def _sent(context: ActContext, request: OperatorRequest) -> OperatorRequest:
    """Wait until the holder has ended the request. Raises: KeysNotSent."""
    while request.ended_at is None:
        await asyncio.sleep(_LOOK_EVERY_S)
        request = await context.store.request(request.id) or request  # None: forgotten meanwhile
    if request.state is RequestState.FAILED:
        raise KeysNotSent(request.reason or "they were not sent")
    return request


async def _fail(context: ActContext, request: OperatorRequest, why: str, by: str) -> None:
    with suppress(StaleHandoff):  # the holder has ended it
        await context.store.end_request(
            request.id, RequestState.FAILED, reason=why, actor=by, at=context.clock.now_ms()
        )
