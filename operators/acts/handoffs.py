"""Acts on handoffs: start, approve, cancel, redirect, take back."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Collection, Sequence

from errors import StaleHandoff
from operators.act_refused import CallOver, PersonNotAllowed, StaleState, TargetNotAllowed, UnknownHandoff
from operators.acts.context import ActContext, checked_words, may_be_kept, open_call
from persistence.contract.handoffs import Outcome
from persistence.people import Person
from persistence.records import Call, CallId, Completes, Handoff, HandoffId, HandoffState, RoleName

_TRIES = 3
"""Tries before the act is refused: the holder may change between the read and the write."""


async def start_handoff(
    context: ActContext,
    call_id: CallId,
    target: RoleName,
    *,
    reason: str,
    by: str,
    note: str = "",
    completes: Completes = Completes.AUTO,
    person: Person | None = None,
    key: str | None = None,
) -> tuple[Handoff, bool]:
    """Request a handoff to any role but the holder's, or to another person of the holder's role.

    Returns the handoff's row, and whether it is new. With `person`, only that person's desk rings. If they do
    not take the call, the role's `otherwise` applies; in a handoff to a colleague of the same role, the first
    person has the caller again. The target learns `reason` and `note`; the caller hears neither. A repeated
    `key` returns the first row. Raises: UnknownCall, CallOver, TargetNotAllowed, PersonNotAllowed,
    WordsRefused, HandoffOpen, HandoffsSpent.
    """
    reason, note = checked_words(reason), checked_words(note) if note.strip() else ""
    if (first := await _first_of(context, call_id, key)) is not None:
        return first, False
    handoff_id, key = HandoffId(f"handoff-{uuid.uuid4().hex}"), key or uuid.uuid4().hex
    for _ in range(_TRIES):
        call = await open_call(context, call_id)
        if person is None or target != call.holder_role:
            _check_target(target, _others(context, call))
        _check_person(context, target, person, but={by, *await _talking(context, call, target)})
        await may_be_kept(context, call.id, [call.holder_role, target], reason, note)
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
            requested_at=context.clock.now_ms(),
            note=note,
            completes=completes,
            person=person,
        )
        try:
            handoff = await context.store.request_handoff(asked, at_most=context.handoffs_per_call)
        except StaleHandoff:
            continue
        await context.server.nudge(call)
        return handoff, handoff.id == handoff_id
    raise CallOver(call_id, None)


async def take_back(
    context: ActContext,
    call_id: CallId,
    role: RoleName | None,
    *,
    reason: str,
    by: str,
    key: str | None = None,
) -> tuple[Handoff, bool]:
    """Hand the call back to a role that held it before. Without `role`, to the latest.

    Raises: as `start_handoff`.
    """
    if (first := await _first_of(context, call_id, key)) is not None:
        return first, False
    call = await open_call(context, call_id)
    earlier = await _earlier_holders(context, call)
    target = role or (earlier[0] if earlier else RoleName(""))
    _check_target(target, earlier)
    return await start_handoff(context, call_id, target, reason=reason, by=by, key=key)


async def approve(context: ActContext, handoff_id: HandoffId, *, by: str) -> Handoff:
    """Let an accepted target take over. Raises: UnknownHandoff, StaleState."""
    moved = context.store.approve_handoff(handoff_id, by=by, at=context.clock.now_ms())
    return await _moved(context, handoff_id, moved)


async def cancel(context: ActContext, handoff_id: HandoffId, *, by: str, reason: str = "") -> Handoff:
    """Cancel an open handoff. Raises: UnknownHandoff, WordsRefused, StaleState."""
    why = checked_words(reason) if reason.strip() else f"cancelled by {by}"
    if (handoff := await context.store.handoff(handoff_id)) is not None:
        await may_be_kept(context, handoff.call_id, [handoff.from_role, handoff.target], why)
    ended, at = Outcome(HandoffState.CANCELLED, why), context.clock.now_ms()
    moved = context.store.end_handoff(handoff_id, ended, attempt_id=None, actor=by, at=at)
    return await _moved(context, handoff_id, moved)


async def redirect(
    context: ActContext,
    handoff_id: HandoffId,
    target: RoleName,
    *,
    by: str,
    reason: str = "",
    note: str = "",
) -> Handoff:
    """Send an open handoff to another target, which learns `reason` and `note`; the caller hears neither.

    Without a reason, the handoff's own reason applies. Raises: UnknownHandoff, TargetNotAllowed,
    WordsRefused, StaleState.
    """
    reason, note = (checked_words(words) if words.strip() else "" for words in (reason, note))
    handoff = await context.store.handoff(handoff_id)
    if handoff is None:
        raise UnknownHandoff(handoff_id)
    going_to = handoff.redirect_to or handoff.target
    _check_target(target, [role for role in context.roles if role not in {handoff.from_role, going_to}])
    await may_be_kept(context, handoff.call_id, [handoff.from_role, target], reason, note)
    at = context.clock.now_ms()
    moved = context.store.redirect_handoff(handoff_id, target, by=by, at=at, reason=reason, note=note)
    return await _moved(context, handoff_id, moved)


async def _first_of(context: ActContext, call_id: CallId, key: str | None) -> Handoff | None:
    """Return the handoff already requested with this idempotency key, even if the call has ended since."""
    handoffs = await context.store.handoffs(call_id=call_id) if key else []
    return next((handoff for handoff in handoffs if handoff.idempotency_key == key), None)


async def _moved(context: ActContext, handoff_id: HandoffId, move: Awaitable[Handoff]) -> Handoff:
    try:
        handoff = await move
    except StaleHandoff as stale:
        raise await _why_stale(context, handoff_id) from stale
    if (call := await context.store.call(handoff.call_id)) is not None:
        await context.server.nudge(call)
    return handoff


async def _why_stale(context: ActContext, handoff_id: HandoffId) -> UnknownHandoff | StaleState:
    handoff = await context.store.handoff(handoff_id)
    if handoff is None:
        return UnknownHandoff(handoff_id)
    events = await context.store.handoff_events(handoff_id)
    latest = [event for event in events if event.subject == handoff_id][-1]
    return StaleState(handoff_id, handoff.state, latest.actor, latest.moved_to)


async def _earlier_holders(context: ActContext, call: Call) -> Sequence[RoleName]:
    """Return the roles that held this call before, latest first."""
    events = await context.store.events(call_id=call.id)
    held = [event.moved_to for event in events if event.kind == "call"]
    earlier = [
        RoleName(role) for role in reversed(held) if role in context.roles and role != call.holder_role
    ]
    return list(dict.fromkeys(earlier))


def _others(context: ActContext, call: Call) -> Sequence[RoleName]:
    return sorted(role for role in context.roles if role != call.holder_role)


async def _talking(context: ActContext, call: Call, target: RoleName) -> Collection[str]:
    """Return the people who have the caller now, if the target is the holder's own role."""
    if target != call.holder_role:
        return ()
    offers = await context.store.offers(call_id=call.id, open_only=True)
    return [offer.person for offer in offers if offer.is_talk]


def _check_person(
    context: ActContext, target: RoleName, person: Person | None, *, but: Collection[str]
) -> None:
    people = [one for one in context.people.get(target, ()) if one not in but]
    if person is not None and person not in people:
        raise PersonNotAllowed(target, person, people)


def _check_target(target: RoleName, allowed: Sequence[RoleName]) -> None:
    if target not in allowed:
        raise TargetNotAllowed(target, allowed)
