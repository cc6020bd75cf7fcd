"""What operators do about handoffs: start, approve, cancel, redirect, take back."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Sequence

from errors import CallOver, StaleHandoff, StaleState, TargetNotAllowed, UnknownHandoff
from operators.acts.means import Means, open_call
from operators.acts.words import checked
from persistence.contract.handoffs import Outcome
from persistence.records import (
    Call,
    CallId,
    Completes,
    Handoff,
    HandoffId,
    HandoffState,
    RoleName,
)

_TRIES = 3
"""The holder may change between looking and writing; then it is looked at again, so often."""


async def start_handoff(
    means: Means,
    call_id: CallId,
    target: RoleName,
    *,
    reason: str,
    by: str,
    note: str = "",
    completes: Completes = Completes.AUTO,
    key: str | None = None,
) -> tuple[Handoff, bool]:
    """Ask for a handoff, to any role but the holder's; returns its row, and whether it is new.

    `reason` and `note`, own words for the brief, are for the target: the caller hears neither. A repeated
    `key` returns the first row. Raises: UnknownCall, CallOver, TargetNotAllowed, WordsRefused, HandoffOpen,
    HandoffsSpent.
    """
    reason, note = checked(reason), checked(note) if note.strip() else ""
    if (first := await _first_of(means, call_id, key)) is not None:
        return first, False
    handoff_id, key = HandoffId(f"handoff-{uuid.uuid4().hex}"), key or uuid.uuid4().hex
    for _ in range(_TRIES):
        call = await open_call(means, call_id)
        _check_target(target, _others(means, call))
        asked = Handoff(
            id=handoff_id,
            call_id=call_id,
            from_role=call.holder_role,
            from_job=call.holder_job,
            target=target,
            reason=reason,
            requested_by=by,
            idempotency_key=key,
            state=HandoffState.REQUESTED,
            requested_at=means.clock.now_ms(),
            note=note,
            completes=completes,
        )
        try:
            handoff = await means.store.request_handoff(asked, at_most=means.handoffs_per_call)
        except StaleHandoff:
            continue
        await means.server.nudge(call)
        return handoff, handoff.id == handoff_id
    raise CallOver(call_id, None)


async def take_back(
    means: Means,
    call_id: CallId,
    role: RoleName | None,
    *,
    reason: str,
    by: str,
    key: str | None = None,
) -> tuple[Handoff, bool]:
    """Hand the call back to a role that held it before: the latest one, unless `role` names another.

    Raises: as `start_handoff`.
    """
    if (first := await _first_of(means, call_id, key)) is not None:
        return first, False
    call = await open_call(means, call_id)
    earlier = await _earlier_holders(means, call)
    target = role or (earlier[0] if earlier else RoleName(""))
    _check_target(target, earlier)
    return await start_handoff(means, call_id, target, reason=reason, by=by, key=key)


async def approve(means: Means, handoff_id: HandoffId, *, by: str) -> Handoff:
    """Let an accepted target take over. Raises: UnknownHandoff, StaleState."""
    moved = means.store.approve_handoff(handoff_id, by=by, at=means.clock.now_ms())
    return await _moved(means, handoff_id, moved)


async def cancel(means: Means, handoff_id: HandoffId, *, by: str, reason: str = "") -> Handoff:
    """Take a handoff back, in any state that is not terminal. Raises: UnknownHandoff, StaleState."""
    why = checked(reason) if reason.strip() else f"taken back by {by}"
    ended, at = Outcome(HandoffState.CANCELLED, why), means.clock.now_ms()
    moved = means.store.end_handoff(handoff_id, ended, attempt_id=None, actor=by, at=at)
    return await _moved(means, handoff_id, moved)


async def redirect(means: Means, handoff_id: HandoffId, target: RoleName, *, by: str) -> Handoff:
    """Send an open handoff to another target. Raises: UnknownHandoff, TargetNotAllowed, StaleState."""
    handoff = await means.store.handoff(handoff_id)
    if handoff is None:
        raise UnknownHandoff(handoff_id)
    going_to = handoff.redirect_to or handoff.target
    _check_target(target, [role for role in means.roles if role not in {handoff.from_role, going_to}])
    moved = means.store.redirect_handoff(handoff_id, target, by=by, at=means.clock.now_ms())
    return await _moved(means, handoff_id, moved)


async def _first_of(means: Means, call_id: CallId, key: str | None) -> Handoff | None:
    """What was asked for with this idempotency key before, also where the call is over by now."""
    handoffs = await means.store.handoffs(call_id=call_id) if key else []
    return next((handoff for handoff in handoffs if handoff.idempotency_key == key), None)


async def _moved(means: Means, handoff_id: HandoffId, move: Awaitable[Handoff]) -> Handoff:
    try:
        handoff = await move
    except StaleHandoff as stale:
        raise await _why_stale(means, handoff_id) from stale
    if (call := await means.store.call(handoff.call_id)) is not None:
        await means.server.nudge(call)
    return handoff


async def _why_stale(means: Means, handoff_id: HandoffId) -> UnknownHandoff | StaleState:
    handoff = await means.store.handoff(handoff_id)
    if handoff is None:
        return UnknownHandoff(handoff_id)
    events = await means.store.handoff_events(handoff_id)
    latest = [event for event in events if event.subject == handoff_id][-1]
    return StaleState(handoff_id, handoff.state, latest.actor, latest.moved_to)


async def _earlier_holders(means: Means, call: Call) -> Sequence[RoleName]:
    """Roles that held this call before, the latest first."""
    events = await means.store.events(call_id=call.id)
    held = [event.moved_to for event in events if event.kind == "call"]
    earlier = [RoleName(role) for role in reversed(held) if role in means.roles and role != call.holder_role]
    return list(dict.fromkeys(earlier))


def _others(means: Means, call: Call) -> Sequence[RoleName]:
    return sorted(role for role in means.roles if role != call.holder_role)


def _check_target(target: RoleName, allowed: Sequence[RoleName]) -> None:
    if target not in allowed:
        raise TargetNotAllowed(target, allowed)
