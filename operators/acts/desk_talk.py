"""What a person does with the caller they talk with: hold, and a handoff to another role.

Both are the operators' acts, in the person's name and only on their own talk. Raises: Refused, ActRefused,
HandoffOpen, HandoffsSpent, OnHold, StoreError.
"""

from __future__ import annotations

from operators.acts.context import ActContext
from operators.acts.desk_card import own_offer
from operators.acts.handoffs import start_handoff
from operators.acts.hold import hold, resume
from operators.refused import Refused
from persistence.people import Offer, OfferId, Person
from persistence.records import Call, Handoff, RoleName


async def hold_caller(context: ActContext, person: Person, offer_id: OfferId) -> Call:
    """Music for the caller, who hears nothing of the person, until one of them acts."""
    talk = await _own_talk(context, person, offer_id)
    return await hold(context, talk.call_id, by=person)


async def resume_caller(context: ActContext, person: Person, offer_id: OfferId) -> Call:
    """The two hear each other again, whoever began the hold."""
    talk = await _own_talk(context, person, offer_id)
    return await resume(context, talk.call_id, by=person)


async def hand_over(
    context: ActContext, person: Person, offer_id: OfferId, target: RoleName, *, reason: str
) -> Handoff:
    """To any other role, which is told `reason`. If it fails, the person has the caller again."""
    talk = await _own_talk(context, person, offer_id)
    handoff, _ = await start_handoff(context, talk.call_id, target, reason=reason, by=person)
    return handoff


async def _own_talk(context: ActContext, person: Person, offer_id: OfferId) -> Offer:
    offer = await own_offer(context, person, offer_id)
    if not offer.is_talk or offer.connected_at is None:
        raise Refused("offer-over", "the caller is not connected with you", taken_by=None)
    return offer
