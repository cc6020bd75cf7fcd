"""What Baton needs of a store for people who take calls; `persistence.people` has the rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from persistence.people import (
    EntryId,
    EntryState,
    Help,
    Offer,
    OfferId,
    Person,
    Presence,
    PresenceState,
    QueueEntry,
    Talks,
    Waits,
)
from persistence.records import CallId, RoleName


class PeopleStore(Protocol):
    """Every move is one guarded statement; a lost guard raises StaleHandoff. `at`: ms UTC, by the writer.

    Events: kind `presence` (subject: the person, without a call), `queue` (the entry's id) and `offer` (the
    offer's id), each from its state to its state; their actor is who moved it.
    """

    # Presence.

    async def set_presence(
        self, person: Person, state: PresenceState, *, reason: str = "", lease_s: float, by: str, at: int
    ) -> Presence:
        """Write where a person is; the desk counts as open for `lease_s`. Who leaves gets no offer any more.

        Raises: StaleHandoff: AVAILABLE has to wait for the end of a talk, or for a required wrap-up.
        """
        ...

    async def beat(self, person: Person, *, lease_s: float) -> Presence | None:
        """The desk's heartbeat. None: the person has no presence yet. It makes nobody available again."""
        ...

    async def close_desks(self, *, at: int) -> None:
        """People whose heartbeat has stopped become away, with the reason DESK_CLOSED."""
        ...

    async def presences(self) -> Sequence[Presence]:
        """By name."""
        ...

    # The queue.

    async def enter_queue(self, entry: QueueEntry, *, longest: int | None = None) -> QueueEntry | None:
        """Insert, or return the one by which the call waits already. None: `longest` of the role's wait.

        Raises: StaleHandoff: the call is over.
        """
        ...

    async def entry(self, entry_id: EntryId) -> QueueEntry | None: ...

    async def entry_of(self, call_id: CallId) -> QueueEntry | None:
        """The latest entry of a call's caller."""
        ...

    async def ask_in(self, entry: QueueEntry, *, by: Person) -> QueueEntry:
        """The person whose offer is `asked_by` asks a second one in, whose entry has the caller's place.

        Raises: StaleHandoff: they do not have the caller, a second person is there or asked for, or a handoff
        is open.
        """
        ...

    async def asked_in(self, call_id: CallId) -> Sequence[QueueEntry]:
        """The entries by which second persons were asked into a call's talks, in their order."""
        ...

    async def queue(self, *, role: RoleName | None = None) -> Sequence[QueueEntry]:
        """All that wait (WAITING and OFFERED), in their order."""
        ...

    async def taken_entries(self) -> Sequence[QueueEntry]:
        """Those whose person has them now."""
        ...

    async def widen_entry(self, entry_id: EntryId, people: Sequence[Person]) -> QueueEntry:
        """It was for one person alone, and is for these now. Raises: StaleHandoff: it does not wait."""
        ...

    async def note_told_wait(self, entry_id: EntryId, wait_ms: int) -> None:
        """What the caller was told; the first time counts."""
        ...

    async def leave_queue(self, entry_id: EntryId, state: EntryState, *, by: str, at: int) -> QueueEntry:
        """From waiting to ABANDONED or OVERFLOWED. Raises: StaleHandoff: a person was first, or it left."""
        ...

    async def call_back_of(self, link_hash: str) -> QueueEntry | None:
        """The entry that has this link, also one that is over."""
        ...

    async def call_backs(self) -> Sequence[QueueEntry]:
        """Those that wait, ring or are taken, and are not answered yet, in the order of their start."""
        ...

    async def miss_call_back(self, offer_id: OfferId, *, again_at: int | None, at: int) -> QueueEntry:
        """The caller did not answer by the offer's `ends_at`: tried again at `again_at`; None: UNREACHED.

        The person is free again. Raises: StaleHandoff: it is no such offer, or its time is not over.
        """
        ...

    async def answer_call_back(self, offer_id: OfferId, call_id: CallId, *, by: str, at: int) -> QueueEntry:
        """The caller answered, and is in this call. Raises: StaleHandoff: it was too late, or is over."""
        ...

    # Offers, talks, wrap-ups.

    async def make_offer(
        self, offer_id: OfferId, entry_id: EntryId, person: Person, *, at: int
    ) -> Offer | None:
        """Let the entry ring at the person's desk, for the entry's `rings_ms`. None: a guard did not hold.

        The person is available, their desk is open, nothing rings there, they have not declined this entry
        within the last minute, and it is the first in order of all that they may take and that are due.
        """
        ...

    async def accept_offer(
        self, offer_id: OfferId, person: Person, *, connect_within_s: float, at: int
    ) -> Offer:
        """Of several persons, one wins: the entry is TAKEN, other offers are withdrawn, the winner is BUSY.

        Raises: StaleHandoff: `offer` and `entry` then say why, and by whom it was taken.
        """
        ...

    async def decline_offer(self, offer_id: OfferId, person: Person, *, reason: str, at: int) -> Offer:
        """The entry does not ring at this person's desk for a minute. Raises: StaleHandoff."""
        ...

    async def miss_offer(self, offer_id: OfferId, *, at: int) -> Offer | None:
        """It has rung until its end: the person is away. None: it still rings, or was answered."""
        ...

    async def withdraw_offer(self, offer_id: OfferId, *, reason: str, at: int) -> Offer | None:
        """None: it does not ring."""
        ...

    async def connect_talk(self, offer_id: OfferId, *, at: int) -> Offer:
        """Person and caller hear each other. Raises: StaleHandoff: it was given back, or is over."""
        ...

    async def return_caller(self, offer_id: OfferId, *, reason: str, at: int, lapsed: bool = False) -> Offer:
        """The person does not have the caller (any more): the entry waits again, in its old place.

        `lapsed`: only if it was not connected by its `ends_at`. Raises: StaleHandoff.
        """
        ...

    async def end_talk(self, offer_id: OfferId, *, at: int) -> Offer:
        """The talk is over: the person is WRAPPING_UP if the entry says so, else AVAILABLE."""
        ...

    async def leave_talk(self, offer_id: OfferId, person: Person, *, at: int) -> Offer:
        """One of two persons leaves; the other has the caller. Raises: StaleHandoff: there is no other."""
        ...

    async def wrap_up(self, offer_id: OfferId, person: Person, *, code: str, note: str, at: int) -> Offer:
        """Write code and note; who was WRAPPING_UP is AVAILABLE. Raises: StaleHandoff: it is written."""
        ...

    async def keep_note(self, offer_id: OfferId, person: Person, note: str) -> Offer:
        """The wrap-up's note, while it is written. Raises: StaleHandoff: not connected, or wrapped up."""
        ...

    async def move_help(self, offer_id: OfferId, person: Person, help_: Help, *, at: int) -> Offer:
        """The person asks for a supervisor's help (ASKED), or no longer does (WITHDRAWN).

        GIVEN follows from `supervise`. Raises: StaleHandoff: no talk, or it is so already.
        """
        ...

    async def lose_person(self, offer_id: OfferId, *, at: int) -> Offer:
        """The talk's person is gone, and may come back. Raises: StaleHandoff: it is known, or is over."""
        ...

    async def find_person(self, offer_id: OfferId, *, at: int) -> Offer:
        """They are back. Raises: StaleHandoff: they were not lost, or the talk is over."""
        ...

    async def offer(self, offer_id: OfferId) -> Offer | None: ...

    async def offers(
        self,
        *,
        entry_id: EntryId | None = None,
        call_id: CallId | None = None,
        person: Person | None = None,
        ringing: bool = False,
        open_only: bool = False,
        wants_help: bool = False,
        since: int = 0,
    ) -> Sequence[Offer]:
        """In the order in which they were made; those that were made or answered since then.

        `ringing`: without an outcome. `open_only`: ringing, in a talk, or with a wrap-up to write.
        `wants_help`: the talks for which a supervisor is asked.
        """
        ...

    # Figures.

    async def talks(self, *, since: int, until: int) -> Sequence[Talks]:
        """Per person and role, of the offers made in that time."""
        ...

    async def waits(self, *, since: int, until: int, target_ms: int) -> Sequence[Waits]:
        """Per role, of the entries entered in that time. In time: answered within `target_ms`."""
        ...
