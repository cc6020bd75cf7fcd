"""A person's acts in a talk with their caller: hold, keys, a handoff to another role, asking for help.

All but asking for help are operators' acts, in the person's name and only on their own talk. Raises: Refused,
ActRefused, HandoffOpen, HandoffsSpent, OnHold, StoreError.
"""

from __future__ import annotations

from errors import StaleHandoff
from operators.acts.context import ActContext
from operators.acts.desk_card import own_talk
from operators.acts.desk_second import leads
from operators.acts.handoffs import start_handoff
from operators.acts.hold import hold, resume
from operators.acts.keys import press_keys
from operators.refused import Refused
from persistence.people import Help, Offer, OfferId, Person
from persistence.records import Call, Handoff, OperatorRequest, RoleName


async def hold_caller(context: ActContext, person: Person, offer_id: OfferId) -> Call:
    """Play music to the caller, who no longer hears the person, until somebody acts."""
    talk = await own_talk(context, person, offer_id)
    return await hold(context, talk.call_id, by=person)


async def resume_caller(context: ActContext, person: Person, offer_id: OfferId) -> Call:
    """Reconnect the person and the caller, no matter who began the hold."""
    talk = await own_talk(context, person, offer_id)
    return await resume(context, talk.call_id, by=person)


async def press_for_caller(
    context: ActContext, person: Person, offer_id: OfferId, keys: str
) -> OperatorRequest:
    """Press keys for the caller's telephone, in case a menu answered it."""
    talk = await own_talk(context, person, offer_id)
    return await press_keys(context, talk.call_id, keys, "caller", by=person)


async def hand_over(
    context: ActContext,
    person: Person,
    offer_id: OfferId,
    target: RoleName,
    *,
    reason: str,
    to: Person | None = None,
) -> Handoff:
    """Hand the caller over to another role, or to one of its people by name. The target learns `reason`.

    If the handoff fails, the person has the caller again.
    """
    talk = await own_talk(context, person, offer_id)
    if not await leads(context, talk):
        raise Refused("second-person", "the person who asked you in has the caller, and can hand them over")
    handoff, _ = await start_handoff(context, talk.call_id, target, reason=reason, by=person, person=to)
    return handoff


async def ask_for_help(context: ActContext, person: Person, offer_id: OfferId) -> Offer:
    """Ring supervisors' consoles until one of them speaks in the call, or the talk ends. Idempotent."""
    return await _help(context, person, offer_id, Help.ASKED)


async def ask_no_longer(context: ActContext, person: Person, offer_id: OfferId) -> Offer:
    """Withdraw the request for help. A supervisor who has already come stays."""
    return await _help(context, person, offer_id, Help.WITHDRAWN)


async def _help(context: ActContext, person: Person, offer_id: OfferId, move: Help) -> Offer:
    talk = await own_talk(context, person, offer_id)
    if talk.wants_help == (move is Help.ASKED):
        return talk
    try:
        return await context.store.move_help(offer_id, person, move, at=context.clock.now_ms())
    except StaleHandoff:  # a supervisor was quicker, or the talk has just ended
        return await own_talk(context, person, offer_id)
