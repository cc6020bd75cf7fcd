"""Lets the holder of a call back's link see whether it rings, and answer. Raises: StoreError."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from operators.acts.context import ActContext
from people.call_back_link import hash_of
from people.expected_wait import expected_waits, place_of
from people.queue_step import floor_of
from persistence.people import EntryState, OfferId


class LinkState(StrEnum):
    """The state of a call back, as its caller sees it."""

    WAITING = "waiting"
    RINGING = "ringing"
    OVER = "over"  # answered, tried for the last time, or never promised


@dataclass(frozen=True, slots=True)
class LinkView:
    """`place` and `expected_wait_ms` are None while unknown. `offer`: the offer that rings now."""

    state: LinkState
    place: int | None = None
    expected_wait_ms: int | None = None
    offer: OfferId | None = None


async def look(context: ActContext, token: str) -> LinkView:
    """Return the state of this link's call back. An unknown link is reported as over."""
    store, now = context.store, context.clock.now_ms()
    entry = await store.call_back_of(hash_of(token))
    if entry is None or not entry.call_back:
        return LinkView(LinkState.OVER)
    if entry.state is EntryState.TAKEN and entry.offer_id is not None:
        return LinkView(LinkState.RINGING, offer=entry.offer_id)
    if not entry.is_open:
        return LinkView(LinkState.OVER)
    floor = await floor_of(store, now)
    return LinkView(LinkState.WAITING, place_of(entry.id, floor), expected_waits(floor).get(entry.id))
