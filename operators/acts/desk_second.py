"""A person who has a caller asks a second person into the talk. Either may then leave it.

Raises: Refused, ActRefused, HandoffOpen, StoreError.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from agents.people.entries import entry_for
from errors import StaleHandoff
from operators.act_refused import PersonNotAllowed, TargetNotAllowed
from operators.acts.context import ActContext, checked_words, may_be_kept, no_open_handoff
from operators.acts.desk import Desks
from operators.acts.desk_card import own_talk
from operators.refused import Refused
from persistence.people import EntryState, Offer, OfferId, Person, QueueEntry
from persistence.records import RoleName


async def ask_in(
    context: ActContext,
    desks: Desks,
    person: Person,
    offer_id: OfferId,
    role: RoleName,
    *,
    to: Person | None,
    reason: str,
) -> QueueEntry:
    """Ring the desks of a role's people, or of one person by name. Only they learn `reason`.

    A person who accepts and joins hears the asker, and also the caller unless the caller is on hold.
    """
    talk = await own_talk(context, person, offer_id)
    if role not in context.people:
        raise TargetNotAllowed(role, sorted(context.people))
    people = [one for one in context.people[role] if one != person]
    if to is not None and to not in people:
        raise PersonNotAllowed(role, to, people)
    reason = checked_words(reason)
    await may_be_kept(context, talk.call_id, [talk.role, role], reason)
    now, desk = context.clock.now_ms(), replace(desks[role], otherwise=None)
    entry = replace(
        entry_for(desk, talk.call_id, role, now=now),
        people=tuple(people) if to is None else (to,),
        asked_by=talk.id,
        asked_for=reason,
    )
    try:
        return await context.store.ask_in(entry, by=person)
    except StaleHandoff as stale:
        await own_talk(context, person, offer_id)
        await no_open_handoff(context, talk.call_id)
        right = "one person at a time: it ends when they leave, or are asked no longer"
        raise Refused("second-person", right) from stale


async def dismiss(context: ActContext, person: Person, offer_id: OfferId) -> Offer:
    """Withdraw the request to a second person, or let them go. Does nothing if there is none."""
    talk, now = await own_talk(context, person, offer_id), context.clock.now_ms()
    for entry in await context.store.asked_in(talk.call_id):
        with suppress(StaleHandoff):  # the second person has left meanwhile
            if entry.asked_by != talk.id:
                continue
            if entry.is_open:
                await context.store.leave_queue(entry.id, EntryState.ABANDONED, by=person, at=now)
            elif entry.state is EntryState.TAKEN and entry.offer_id is not None:
                await context.store.end_talk(entry.offer_id, at=now)
    return talk


async def leave(context: ActContext, person: Person, offer_id: OfferId) -> Offer:
    """End this person's talk, so that the other person has the caller."""
    await own_talk(context, person, offer_id)
    try:
        return await context.store.leave_talk(offer_id, person, at=context.clock.now_ms())
    except StaleHandoff as stale:
        await own_talk(context, person, offer_id)
        raise Refused("nobody-else", "hand the caller over, or ask somebody in first") from stale


async def leads(context: ActContext, talk: Offer) -> bool:
    """Whether this talk's person has the caller, and has not only been asked in."""
    offers = await context.store.offers(call_id=talk.call_id, open_only=True)
    connected = [one for one in offers if one.is_talk and one.connected_at is not None]
    return all((one.connected_at or 0) >= (talk.connected_at or 0) for one in connected)
