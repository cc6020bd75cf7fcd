"""Sets a listener's mode: listen, coach whoever has the call, barge in, or take over.

The listener's row says who may hear them. The call's holder reads it within 250 ms, and copies the listener's
voice from a separate room (`transfer.supervision`).
"""

from __future__ import annotations

from collections.abc import Sequence

from errors import OnHold, StaleHandoff
from operators.act_refused import CallOver, NotListening, Supervised
from operators.acts.context import ActContext, no_open_handoff, not_in_line, open_call
from persistence.access import Listener, ListenerMode
from persistence.records import Call, CallId

_TRIES = 3
"""Tries before refusal: the call may change between the write and the read that explains it."""


async def supervise(
    context: ActContext, call_id: CallId, identity: str, mode: ListenerMode, *, by: str
) -> Listener:
    """Set how `by`, who listens to the call as `identity`, is heard. Idempotent.

    Raises: UnknownCall, CallOver, NotListening, Supervised, InLine; for barge and take_over also HandoffOpen
    and OnHold, while the caller hears music.
    """
    for _ in range(_TRIES):
        call = await open_call(context, call_id)
        listeners = await context.store.listeners_of(call_id)
        own = next((one for one in listeners if one.identity == identity and one.name == by), None)
        if own is None:
            raise NotListening(call_id)
        if own.mode is mode:
            return own
        await _possible(context, call, own, listeners, mode)
        try:
            moved = await context.store.supervise(identity, mode, name=by, at=context.clock.now_ms())
        except StaleHandoff:
            continue
        await context.server.nudge(call)
        return moved
    raise CallOver(call_id, None)


async def _possible(
    context: ActContext, call: Call, own: Listener, listeners: Sequence[Listener], mode: ListenerMode
) -> None:
    if mode is ListenerMode.LISTEN:
        return
    for other in listeners:
        if other.identity != own.identity and other.mode is not ListenerMode.LISTEN:
            raise Supervised(call.id, other.name)
    not_in_line(call)
    if mode.has_floor and not own.mode.has_floor:
        if call.held_by is not None:
            raise OnHold(call.held_by)
        await no_open_handoff(context, call.id)
