"""The sentence that introduces a person to the caller: made while the person reads the brief."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from errors import StoreError, VoiceFailed
from persistence.contract.people import PeopleStore
from persistence.people import EntryState, Person
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
    """Wait until a person of this role has the call, and return their line, which can be spoken at once.

    `prepare` renders it; it raises VoiceFailed. Empty: it cannot be spoken in time, and nobody is named.
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
            entry = None  # it is asked again
        if entry is not None and entry.role == target and entry.state is EntryState.TAKEN and entry.person:
            return entry.person
        await asyncio.sleep(_LOOK_EVERY_S)
