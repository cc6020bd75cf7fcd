"""Finds a person's talk, and the desk that had the caller before, after the talk's agent was lost."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from agents.process.process_context import ProcessContext
from agents.roster.role import Role
from errors import StaleHandoff, StoreError
from persistence.contract.store import Store
from persistence.people import Offer
from persistence.records import CallId, HandoffState

log = logging.getLogger(__name__)


async def who_handed_over(process: ProcessContext, store: Store, call_id: CallId) -> Role:
    """Return the last role played by a model that had the caller, or else the first role."""
    try:
        handoffs = await store.handoffs(call_id=call_id, state=HandoffState.COMPLETED)
    except StoreError as error:
        log.warning(
            "the role that handed over was not read", extra={"call": call_id, "error": type(error).__name__}
        )
        handoffs = []
    for handoff in handoffs:  # the newest first
        role = process.roster.roles.get(handoff.from_role)
        if role is not None and role.desk is None:
            return role
    return process.roster.first_role(process.settings.call)


async def talks_of(store: Store, call_id: CallId) -> Sequence[Offer]:
    """Return people's talks with this caller; the first talk's person has the caller.

    Empty if the store does not answer, too.
    """
    try:
        offers = await store.offers(call_id=call_id, open_only=True)
    except StoreError as error:
        log.warning("a person's talk was not read", extra={"call": call_id, "error": type(error).__name__})
        return []
    talks = [offer for offer in offers if offer.is_talk]
    connected = [offer for offer in talks if offer.connected_at is not None]
    return sorted(connected, key=lambda offer: offer.connected_at or 0) or talks


async def end_talk(process: ProcessContext, store: Store, offer: Offer) -> None:
    """End the talk, as the person's page then shows: somebody else has the caller. Never raises."""
    try:
        await store.end_talk(offer.id, at=process.clock.now_ms())
    except StaleHandoff:
        log.info("the person's talk is over already", extra={"call": offer.call_id})
    except StoreError as error:
        log.warning("a talk was not ended", extra={"call": offer.call_id, "error": type(error).__name__})
