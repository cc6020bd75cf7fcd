"""The proxy of a person was lost: the caller is back with the role that handed them over."""

from __future__ import annotations

import logging

from agents.process.process_context import ProcessContext
from agents.roster.role import Role
from errors import StaleHandoff, StoreError
from persistence.contract.store import Store
from persistence.people import EntryState
from persistence.records import CallId, HandoffState

log = logging.getLogger(__name__)


async def who_handed_over(process: ProcessContext, store: Store, call_id: CallId) -> Role:
    """The latest role of a model that had the caller, or the first one. The person's talk is over.

    The proxy was the caller's only way to the person, who may have hung up since.
    """
    try:
        await _end_talk(process, store, call_id)
        handoffs = await store.handoffs(call_id=call_id, state=HandoffState.COMPLETED)
    except StoreError as error:
        log.warning("who handed over was not read", extra={"call": call_id, "error": type(error).__name__})
        handoffs = []
    for handoff in handoffs:  # the newest first
        role = process.roster.roles.get(handoff.from_role)
        if role is not None and role.desk is None:
            return role
    return process.roster.first_role(process.settings.call)


async def _end_talk(process: ProcessContext, store: Store, call_id: CallId) -> None:
    entry = await store.entry_of(call_id)
    if entry is None or entry.state is not EntryState.TAKEN or entry.offer_id is None:
        return
    try:
        await store.end_talk(entry.offer_id, at=process.clock.now_ms())
    except StaleHandoff:
        log.info("the person's talk is over already", extra={"call": call_id})
