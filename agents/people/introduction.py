"""The sentence that introduces a person to the caller: synthesised while the person reads the brief."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from errors import StoreError, VoiceFailed
from persistence.contract.people import PeopleStore
from persistence.people import EntryState, Person, QueueEntry
from persistence.records import CallId, RoleName

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.5


async def introduction_of(
    store: PeopleStore,
    call: CallId,
    target: RoleName,
    *,
    line: Callable[[Person], str],
    prepare: Callable[[str], Awaitable[None]],
) -> str:
    """Wait until a person of this role takes the call, and return their line, which can be spoken at once.

    `prepare` renders the line, or raises VoiceFailed. Empty: the line cannot be rendered, so nobody is named.
    """
    person = await _who_takes(store, call, target)
    said = line(person)
    try:
        await prepare(said)
    except VoiceFailed as error:
        log.warning("nobody is introduced by name", extra={"error": str(error)})
        return ""
    return said


async def _who_takes(store: PeopleStore, call: CallId, target: RoleName) -> Person:
    while True:
        try:
            entry = await store.entry_of(call)
        except StoreError:
            entry = None  # retried
        if entry is not None and entry.role == target and await _is_next(store, entry) and entry.person:
            return entry.person
        await asyncio.sleep(_LOOK_EVERY_S)


async def _is_next(store: PeopleStore, entry: QueueEntry) -> bool:
    """Whether the person who took the caller is not connected yet, unlike a colleague who hands over."""
    if entry.state is not EntryState.TAKEN:
        return False
    try:
        offer = entry.offer_id and await store.offer(entry.offer_id)
    except StoreError:
        return False  # retried
    return not (offer and offer.connected_at)
