"""Puts a caller on hold and takes them off hold. The agent stays in the room, silent."""

from __future__ import annotations

from errors import OnHold, StaleHandoff
from operators.act_refused import CallOver, NotOnHold
from operators.acts.context import ActContext, no_open_handoff, not_in_line, open_call
from persistence.records import Call, CallId

_TRIES = 3
"""Tries before refusal: the call may change between the write and the read that explains it."""


async def hold(context: ActContext, call_id: CallId, *, by: str) -> Call:
    """Play music to the caller until somebody acts: `resume`, a handoff, or the end of the call.

    Returns the row. The call's agent follows it within 250 ms, and so does an agent that replaces it.
    Raises: UnknownCall, CallOver, InLine, OnHold, HandoffOpen (the caller hears its music; cancel it first).
    """
    for _ in range(_TRIES):
        call = await open_call(context, call_id)
        if call.held_by is not None:
            raise OnHold(call.held_by)
        not_in_line(call)
        await no_open_handoff(context, call_id)
        try:
            held = await context.store.hold_call(call_id, by=by, at=context.clock.now_ms())
        except StaleHandoff:
            continue
        await context.server.nudge(held)
        return held
    raise CallOver(call_id, None)


async def resume(context: ActContext, call_id: CallId, *, by: str) -> Call:
    """Have the call's agent talk with the caller again. Raises: UnknownCall, CallOver, NotOnHold."""
    try:
        resumed = await context.store.resume_call(call_id, by=by, at=context.clock.now_ms())
    except StaleHandoff as stale:
        await open_call(context, call_id)
        raise NotOnHold(call_id) from stale
    await context.server.nudge(resumed)
    return resumed
