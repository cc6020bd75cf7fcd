"""Tells a caller who waits for a person their place and the expected wait, whenever there is news."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator

from agents.roster.desk import Desk
from agents.roster.shared_prompts import HouseLines
from agents.roster.waiting_lines import place_line, spoken_minutes, wait_line
from errors import StoreError
from people.expected_wait import expected_waits, place_of
from people.queue_step import floor_of
from persistence.contract.people import PeopleStore
from persistence.people import EntryId, EntryState
from persistence.records import CallId
from transfer.ports import Clock

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 2.0
_APART_S = 10.0
"""A place that changes twice within this time is announced once."""

Place = tuple[EntryId, int, int]
"""The entry, its place, and the wait in minutes as announced."""


async def news_of_wait(
    store: PeopleStore, clock: Clock, lines: HouseLines, *, call: CallId, desk: Desk | None, every_s: float
) -> AsyncGenerator[tuple[str, ...], None]:
    """Yield sentences each time that they are due: when the place changes, and after `every_s` seconds.

    If nobody is there, or a person's desk rings, the caller only hears that we still try. Without a desk, the
    target is a model, and nothing is yielded. Ask for the next sentences only once the last were spoken.
    """
    told, since = 0, asyncio.get_running_loop().time()
    while desk is not None:
        await asyncio.sleep(min(_LOOK_EVERY_S, every_s))
        place = await place_in_line(store, clock, call) if desk.queues else None
        passed = asyncio.get_running_loop().time() - since
        if place is not None and place[1] != told and (not told or passed >= _APART_S):
            entry, told, minutes = place
            yield place_line(lines, told), wait_line(lines, minutes)
            await _note(store, entry, minutes)
        elif passed < every_s:
            continue
        elif place is not None:
            yield place_line(lines, place[1]), wait_line(lines, place[2])
        else:
            yield (lines.still_on_hold,)
        since = asyncio.get_running_loop().time()


async def place_in_line(store: PeopleStore, clock: Clock, call: CallId) -> Place | None:
    """Return the caller's place; None: they do not queue, a desk rings for them, or the wait is unknown."""
    try:
        entry = await store.entry_of(call)
        if entry is None or entry.state is not EntryState.WAITING:
            return None
        floor = await floor_of(store, clock.now_ms())
    except StoreError as error:
        log.warning("the expected wait is not known", extra={"error": type(error).__name__})
        return None
    place, wait_ms = place_of(entry.id, floor), expected_waits(floor).get(entry.id)
    if place is None or not wait_ms:  # a wait of 0: a desk is about to ring
        return None
    return entry.id, place, spoken_minutes(wait_ms)


async def _note(store: PeopleStore, entry: EntryId, minutes: int) -> None:
    try:
        await store.note_told_wait(entry, 60_000 * minutes)
    except StoreError as error:
        log.warning("the told wait was not written", extra={"error": type(error).__name__})
