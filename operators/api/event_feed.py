"""The one reader of the events, which fans each one out to all streams."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from pydantic import TypeAdapter

from errors import StoreError
from persistence.contract.store import Store
from persistence.records import CallId, Event

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.02
WAIT_S = 60.0
LOOK_AGAIN_S = 1.0
"""The retry interval while the store does not answer."""
PAUSE_S = 0.05
"""Pause between two reads, so that a fleet's commits are read in batches."""
PAGE = 500
"""How many events are read at a time."""
WAITING = 2_000
"""How many events may queue for one listener. A slower one is disconnected, and resumes where it was."""

_JSON = TypeAdapter(Event)


@dataclass(frozen=True, slots=True)
class Frame:
    """An event as streams send it, serialized once for all listeners."""

    id: int
    call_id: CallId | None
    kind: str
    moved_to: str
    written: bytes


def frame(event: Event) -> Frame:
    written = b"id: %d\ndata: %s\n\n" % (event.id, _JSON.dump_json(event))
    return Frame(event.id, event.call_id, event.kind, event.moved_to, written)


class Listener:
    """The queue of one stream: every event after `begins_after`, without a gap."""

    def __init__(self, begins_after: int) -> None:
        self.begins_after = begins_after
        self._frames: asyncio.Queue[Frame | None] = asyncio.Queue()
        self._over = False

    def give(self, frames: Sequence[Frame]) -> None:
        if self._over:
            return
        if self._frames.qsize() + len(frames) > WAITING:
            self.end()
            return
        for one in frames:
            self._frames.put_nowait(one)

    def end(self) -> None:
        """Close the listener. Events in the queue are still delivered."""
        if not self._over:
            self._over = True
            self._frames.put_nowait(None)

    async def next(self) -> Sequence[Frame]:
        """Wait for at least one event, and return all in the queue; empty once the listener is closed."""
        waiting = [await self._frames.get()]
        while not self._frames.empty():
            waiting.append(self._frames.get_nowait())
        frames = [one for one in waiting if one is not None]
        if waiting[-1] is None and frames:
            self._frames.put_nowait(None)
        return frames


class Feed:
    """`follow` runs in one task, owned by the creator of the feed."""

    def __init__(self, store: Store, *, latest: int) -> None:
        """The feed starts after `latest`, the id of the newest event."""
        self._store = store
        self._listeners: set[Listener] = set()
        self.latest = latest

    @contextmanager
    def listen(self) -> Iterator[Listener]:
        listener = Listener(self.latest)
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    @property
    def listeners(self) -> int:
        return len(self._listeners)

    def close(self) -> None:
        """End every stream, because the service is about to stop."""
        for listener in self._listeners:
            listener.end()

    async def follow(self) -> None:
        """Read new events and fan them out until cancelled."""
        changes = self._store.changes(within_s=LOOK_EVERY_S)
        while True:
            try:
                if await changes.changed(WAIT_S):
                    await self._hand_on()
                    await asyncio.sleep(PAUSE_S)
            except StoreError as error:
                log.warning("the store did not answer the feed", extra={"error": type(error).__name__})
                changes = self._store.changes(within_s=LOOK_EVERY_S)
                await asyncio.sleep(LOOK_AGAIN_S)

    async def _hand_on(self) -> None:
        async for events in pages(self._store, after=self.latest):
            frames = [frame(event) for event in events]
            self.latest = frames[-1].id
            for listener in self._listeners:
                listener.give(frames)


async def pages(store: Store, *, after: int, call_id: CallId | None = None) -> AsyncIterator[Sequence[Event]]:
    """Yield the events after an id, page by page, to the end."""
    while events := await store.events(call_id=call_id, after=after, limit=PAGE):
        yield events
        after = events[-1].id
        if len(events) < PAGE:
            return
