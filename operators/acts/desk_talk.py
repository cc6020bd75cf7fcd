"""What a person does in the talk with their caller: hold, keys, a handoff to another role, asking for help.

All but the last are the operators' acts, in the person's name and only on their own talk. Raises: Refused,
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
    """Music for the caller, who hears nothing of the person, until one of them acts."""
    talk = await own_talk(context, person, offer_id)
    return await hold(context, talk.call_id, by=person)


async def resume_caller(context: ActContext, person: Person, offer_id: OfferId) -> Call:
    """The two hear each other again, no matter who began the hold."""
    talk = await own_talk(context, person, offer_id)
    return await resume(context, talk.call_id, by=person)


async def press_for_caller(
    context: ActContext, person: Person, offer_id: OfferId, keys: str
) -> OperatorRequest:
    """Press keys for the caller's telephone, where a menu answered it."""
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
    """To any other role, or to one of its people by name, who learns `reason`.

    If it fails, the person has the caller again.
    """
    talk = await own_talk(context, person, offer_id)
    if not await leads(context, talk):
        raise Refused("second-person", "the person who asked you in has the caller, and can hand them over")
    handoff, _ = await start_handoff(context, talk.call_id, target, reason=reason, by=person, person=to)
    return handoff


async def ask_for_help(context: ActContext, person: Person, offer_id: OfferId) -> Offer:
    """Supervisors' consoles ring until one of them speaks in the call, or the talk ends. Once is enough."""
    return await _help(context, person, offer_id, Help.ASKED)


async def ask_no_longer(context: ActContext, person: Person, offer_id: OfferId) -> Offer:
    """The person needs no help any more. A supervisor who has come is not sent away."""
    return await _help(context, person, offer_id, Help.WITHDRAWN)


async def _help(context: ActContext, person: Person, offer_id: OfferId, move: Help) -> Offer:
    talk = await own_talk(context, person, offer_id)
    if talk.wants_help == (move is Help.ASKED):
        return talk
    try:
        return await context.store.move_help(offer_id, person, move, at=context.clock.now_ms())
    except StaleHandoff:  # a supervisor was quicker, or the talk has just ended
        return await own_talk(context, person, offer_id)
