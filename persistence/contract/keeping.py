"""What Baton needs of a store to keep people's words and numbers no longer than allowed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from persistence.records import Call, CallId


@dataclass(frozen=True, slots=True)
class Overdue:
    """How many calls that are over have words or numbers from before a time. `held`: under legal hold."""

    words: int
    numbers: int
    held: int


class KeepingStore(Protocol):
    """A call that is open, or under legal hold, keeps everything. Rows, outcomes and figures always stay."""

    async def purge_words(self, *, before: int, at: int) -> bool:
        """Remove what was said in the oldest call that ended before `before`. False: there is none.

        One call at a time, so that no other write waits for long. Several processes may purge at once.
        """
        ...

    async def purge_numbers(self, *, before: int, at: int) -> bool:
        """The same for the caller's identity, name and number, and the name of the room."""
        ...

    async def hide_number(self, *, before: int) -> bool:
        """Of one call that ended before `before` and whose number is a keyed hash: leave the hash alone.

        While a call is open, its identity and room are those by which LiveKit knows them. False: there is
        none.
        """
        ...

    async def purge_room(self, *, before: int) -> bool:
        """Remove the room from a request without a call, made before `before`. False: there is none."""
        ...

    async def purge_session(self, *, before: int) -> bool:
        """Remove the oldest session of an operator that began before `before`. False: there is none."""
        ...

    async def overdue(self, *, words_before: int, numbers_before: int) -> Overdue: ...

    async def put_legal_hold(self, call_id: CallId, *, by: str, at: int) -> Call:
        """Keep everything of a call until the hold ends.

        Raises: StaleHandoff (there is no such call, it is held already, or its words are gone).
        """
        ...

    async def end_legal_hold(self, call_id: CallId, *, by: str, at: int) -> Call:
        """Raises: StaleHandoff (the call is under no legal hold)."""
        ...

    async def forget_call(self, call_id: CallId, *, by: str, at: int) -> bool:
        """Remove words and numbers of a call now. False: it is open, under legal hold, or forgotten."""
        ...
