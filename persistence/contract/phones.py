"""What Baton needs of a store for people who are called by telephone; `persistence.phones` has the rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from persistence.people import Offer
from persistence.phones import Dial, DialId, DialState, Refer
from persistence.records import CallId


class PhoneStore(Protocol):
    """Every move is one guarded statement; a lost guard raises StaleHandoff. `at`: ms UTC, by the writer.

    Events: kind `dial` (subject: the dial's id), each from its state to its state.
    """

    async def dial(self, dial: Dial, *, calls_a_day: int, minutes_a_day: int) -> Dial | None:
        """Insert, before anything is dialled. None: a guard did not hold.

        The entry waits, nobody is on the line, and in the 24 hours before `dialled_at` the number was called
        less often, and its calls were shorter in all, than that.
        """
        ...

    async def move_dial(self, dial_id: DialId, state: DialState, *, at: int) -> Dial:
        """It rings, or is answered. Raises: StaleHandoff: it was further already, or has ended."""
        ...

    async def take_by_phone(self, dial_id: DialId, *, at: int) -> Offer:
        """The person on the line has the caller: an accepted offer, of the dial's id. The entry is TAKEN.

        Its other dials are cancelled. Raises: StaleHandoff: it is not answered, somebody else was first, the
        person is in another talk, or the caller does not wait any more.
        """
        ...

    async def end_dial(self, dial_id: DialId, state: DialState, *, gone: bool, at: int) -> Dial:
        """Write its outcome. `gone`: nobody is on the line. Raises: StaleHandoff: it has one."""
        ...

    async def refer_dial(self, dial_id: DialId, refer: Refer, *, at: int) -> Dial:
        """ASKED, before the caller's provider is asked; then the result, even after the call is over.

        Raises: StaleHandoff: the number rings already, the person has not accepted, or their talk is over; it
        was asked, or was not.
        """
        ...

    async def dial_gone(self, dial_id: DialId, *, at: int) -> None:
        """Nobody is on the line of an ended dial any more: its number may be dialled again."""
        ...

    async def dials_left(self, *, ended_before: int) -> Sequence[Dial]:
        """Those that ended before that time, and on whose line somebody may still be."""
        ...

    async def dials(self, call_id: CallId) -> Sequence[Dial]:
        """In the order in which they were dialled."""
        ...
