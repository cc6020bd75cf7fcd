"""What Baton needs of a store for calls: who holds each one, what was said, which models failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from persistence.records import Call, CallEnd, CallId, JobId, Lookup, RoleName, Trouble, Turn, WorkerId


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list that is sorted newest first. The next page begins after this row."""

    at: int  # the row's started_at or requested_at
    id: str


class CallStore(Protocol):
    """Every write is one guarded statement. `at`: milliseconds UTC, by the writing process's clock."""

    async def open_call(self, call: Call) -> Call:
        """Insert the call, or return the one already open in that room (with the holder it has)."""
        ...

    async def call(self, call_id: CallId) -> Call | None: ...

    async def open_call_in(self, room: str) -> Call | None: ...

    async def open_rooms(self) -> frozenset[str]:
        """The rooms of all open calls, however many."""
        ...

    async def latest_call_in(self, room: str) -> Call | None:
        """The open call of this room, or the one that began last."""
        ...

    async def calls(
        self,
        *,
        is_open: bool | None = None,
        needs_somebody: bool = False,
        to_call_back: bool = False,
        ended_how: CallEnd | None = None,
        role: RoleName | None = None,
        since: int | None = None,
        until: int | None = None,
        search: str = "",
        after: Cursor | None = None,
        limit: int = 50,
    ) -> Sequence[Call]:
        """Newest first.

        `is_open`: only open calls, or only those that are over. `needs_somebody`: only open calls whose
        caller no agent talks with: in line, on hold, or the agent is lost. `to_call_back`: only those whose
        caller has to be called back, and was not yet. `role` holds or held it. Started from `since` on, and
        before `until`, ms UTC. `search`: every word of it occurs in the caller's identity, name or number,
        the room, the id, or a handoff's reason or target; capitals, accents, and how a number is set apart
        do not matter.
        """
        ...

    async def mark_called_back(self, call_id: CallId, *, by: str, at: int) -> Call:
        """Record that the operator `by` called the caller back. Exactly one does.

        Raises: StaleHandoff (nobody has to call back, or somebody has already).
        """
        ...

    async def end_call(self, call_id: CallId, how: CallEnd, *, job: JobId, at: int) -> bool:
        """End the call once, as its holder, and abandon its open handoff.

        False: it has ended already, has another holder, or was marked lost (its worker ends it then).
        """
        ...

    async def reopen_call(
        self,
        call_id: CallId,
        *,
        job: JobId,
        worker: WorkerId,
        since: int,
        at: int,
        ended_how: CallEnd = CallEnd.CALLER_LEFT,
    ) -> Call:
        """The caller who left at `since` or later is back: `job` goes on with the call, as its holder's role.

        One who GAVE_UP (`ended_how`) waits in line again, in the old place. One who left on hold is on hold
        again. The call needs no call back any more. Raises: StaleHandoff (it ended otherwise or earlier,
        somebody has called the caller back, or another job goes on with it or with a later call in the room).
        """
        ...

    async def append_turn(
        self,
        call_id: CallId,
        speaker: str,
        text: str,
        *,
        started_at: int,
        ended_at: int,
        typed: bool = False,
        nod: bool = False,
    ) -> Turn:
        """Append a turn; the store numbers it within its call, from 1 and without a gap.

        The same turn again (speaker, text, start) returns the row that is there. Raises: StoreRefused, if
        there is no such call.
        """
        ...

    async def turns(self, call_id: CallId, *, last: int | None = None) -> Sequence[Turn]:
        """In order; with `last`, only that many from the end."""
        ...

    async def note_trouble(self, trouble: Trouble) -> None: ...

    async def troubles(self, call_id: CallId) -> Sequence[Trouble]:
        """In the order in which they were noted."""
        ...

    async def note_lookup(self, call_id: CallId, sources: str, found: Lookup, *, by: JobId, at: int) -> None:
        """Add to the events that an agent looked something up in its role's documents; never what.

        `sources`: the passages that it was given, or the folder.
        """
        ...

    async def ids_beginning(self, prefix: str, *, limit: int = 10) -> Sequence[str]:
        """The ids of calls and handoffs that begin with `prefix`: people do not type whole ids."""
        ...
