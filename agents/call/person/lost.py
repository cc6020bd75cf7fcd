"""Handles a lost connection of a person in a talk: how long they may be away, and what the rows record."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

from agents.call.active_call import ActiveCall
from agents.people.own_room import BACK_WITHIN_S
from agents.people.talk import PersonTalk
from errors import StaleHandoff
from persistence.people import Offer, PresenceState
from persistence.records import RULE

_UNNOTICED_S = 0.5
"""Shorter losses of the person's connection sound like a pause. A voice that no longer arrives counts as lost
after a second (agents/people/arrival.py), and the caller hears words within two."""
CUT_OFF = "the connection was lost"

Told = Callable[[], Awaitable[None]]


async def until_lost(call: ActiveCall, talk: PersonTalk, *, lost: Told, found: Told) -> None:
    """Return when the person is gone for good. Calls `lost` if they may come back, and then `found`.

    `found` is called even if they do not come back. If their part is over when they are lost, just returns.
    """
    while True:
        await talk.room.away.wait()
        if await talk.room.comes_within(_UNNOTICED_S):
            continue
        if not _has_part(call, talk):
            return
        move_talk(call, partial(call.store.lose_person, talk.offer.id))
        await lost()
        back = await talk.room.comes_within(BACK_WITHIN_S)
        await found()
        if not back:
            return
        move_talk(call, partial(call.store.find_person, talk.offer.id))


def move_talk(call: ActiveCall, move: Callable[..., Awaitable[Offer]]) -> None:
    """Move the talk's row. A talk that is over stays as it is."""
    at = call.process.clock.now_ms()

    async def write() -> None:
        with suppress(StaleHandoff):
            await move(at=at)

    call.process.write_queue.enqueue(write)


def is_away(call: ActiveCall, talk: PersonTalk) -> None:
    """Set the person away until they change it: the next caller must not ring at a desk that nobody sees."""
    at, person = call.process.clock.now_ms(), talk.offer.person

    async def write() -> None:
        await call.store.set_presence(person, PresenceState.AWAY, reason=CUT_OFF, lease_s=0, by=RULE, at=at)

    call.process.write_queue.enqueue(write)


def _has_part(call: ActiveCall, talk: PersonTalk) -> bool:
    return call.person is talk or (call.second is not None and call.second.talk is talk)
