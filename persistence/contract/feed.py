"""What Baton needs of a store to follow it live: its events, and a wait for the next commit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from persistence.records import CallId, Event, HandoffId


class Changes(Protocol):
    """One reader's wait for commits; made by `FeedStore.changes`."""

    async def changed(self, limit_s: float) -> bool:
        """Return True once something was committed since this reader's last True, by any process.

        The first call returns True at once: the reader has seen nothing yet. A commit that comes while the
        reader is busy is not missed; of one commit it may be told twice. False: nothing was committed for
        `limit_s` seconds. Leases and costs need not count. Raises: StoreError.
        """
        ...


class FeedStore(Protocol):
    """Events are the audit log and the feed of every live view.

    **The cursor is safe.** A reader that has seen event N, and asks for events after N, misses none: no event
    ever becomes visible with an id at or below that of one that was visible before. SQLite has one writer at
    a time, so ids are handed out in the order of commits. Postgres holds back events behind a gap that may
    still be filled.
    """

    async def events(
        self, *, call_id: CallId | None = None, after: int = 0, limit: int | None = None
    ) -> Sequence[Event]:
        """In order, with ids greater than `after`; with `limit`, the first so many of them."""
        ...

    async def handoff_events(self, handoff_id: HandoffId) -> Sequence[Event]:
        """Of a handoff, its attempts, and what operators asked of it; in order."""
        ...

    async def latest_event(self) -> int:
        """The id of the newest event; 0 if there is none."""
        ...

    async def has_written(self, event_id: int) -> bool:
        """Whether there is an event with this id or a higher one, even if it is held back for now."""
        ...

    def changes(self, *, within_s: float, call_id: CallId | None = None) -> Changes:
        """A new reader. It learns of a commit within `within_s` seconds; waiting costs next to nothing.

        `call_id`: it wants what moves this call, its handoffs or its requests; it may be told of others too.
        Where the process that committed dies at that moment, a reader learns of it a second later, and a
        call's reader 5 s later.
        """
        ...
