"""The rows of people who take calls: who is there, who waits, at whose desk it rings, and the outcome.

**Shape.** Three tables, and no fourth:

- `Presence`: one row a person (an operator's name). A person with a heartbeat that stopped is away.
- `QueueEntry`: one caller's wait for a person of a role, from the first ring to the end. Its place is by
  `priority` (higher first), then by `started_at`: the original start, which it keeps whatever happens.
- `Offer`: one entry that rings at one person's desk; an accepted one is also the talk and its wrap-up.

**Who moves what** (`persistence.contract.people`). To get a person for a caller, call `enter_queue`.
`people.queue_step` makes and ends offers; any process may run it. The desk calls `accept_offer` or
`decline_offer`. The proxy looks for its call's entry: once it is TAKEN, `person` and `offer_id` say by
whom; it bridges, calls `connect_talk`, and at the end `end_talk`. A talk that is not connected by
`Offer.ends_at`, or that the proxy gives back (`return_caller`), puts the entry back in its old place. If
the call ends, the store itself ends its entry, offers and talk.

**A call back** is an entry with `call_back`, made while the caller is there; it has the place of the wait
before it. It is due once that call is over. A person accepts it like any other; then the caller's link rings,
and `answer_call_back` makes the entry one of the call in which they answer. `miss_call_back`: they did not.

**A second person** is asked into a talk by an entry with `asked_by`, the offer of who asks. Of the talks that
are connected, the one that was connected first has the caller; `leave_talk` leaves them to the other. A
completed handoff ends them all.

Times: integer ms UTC. `ends_at` and `lease_until` are by the store's clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from persistence.records import AttemptId, CallId, RoleName

EntryId = NewType("EntryId", str)
OfferId = NewType("OfferId", str)
Person = NewType("Person", str)
"""An operator's name."""

MISSED_OFFER = "missed an offer"
"""Why a person is away: they let an offer ring."""

DECLINED_FOR_MS = 60_000
"""How long an entry does not ring at a desk that declined it. It rings there again if nobody else took it."""

NOT_YET = 2**53 - 1
"""The due time of a call back while the call that promised it is open. The end of that call makes it due."""

DESK_CLOSED = "the desk is closed"
"""Why a person is away: their desk has stopped sending heartbeats."""


class PresenceState(StrEnum):
    """Whether a person takes offers: only while AVAILABLE."""

    AVAILABLE = "available"
    BUSY = "busy"  # in a talk, or so by their own word
    AWAY = "away"  # with a reason
    WRAPPING_UP = "wrapping_up"  # after a talk, until its wrap-up is written


@dataclass(frozen=True, slots=True)
class Presence:
    """Where one person is, since when, and until when their desk is known to be open."""

    person: Person
    state: PresenceState
    reason: str  # of AWAY, in the person's words or Baton's; else empty
    since: int
    lease_until: int


class EntryState(StrEnum):
    """Where a caller is who wants a person. The last four are terminal."""

    WAITING = "waiting"  # rings nowhere
    OFFERED = "offered"  # rings at one desk or more
    TAKEN = "taken"  # a person has accepted
    TALKED = "talked"  # their talk is over
    ABANDONED = "abandoned"  # the call ended, or the caller no longer wants a person
    OVERFLOWED = "overflowed"  # waited too long, or the hours are over: `overflow_to` is what happens instead
    UNREACHED = "unreached"  # the last call back reached nobody


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """One caller's wait for a person. It carries its role's rules, so that the step needs no roster."""

    id: EntryId
    call_id: CallId
    role: RoleName
    started_at: int  # the original start: its place
    entered_at: int
    people: tuple[Person, ...]  # who may take it, and has its skills
    rings_ms: int  # how long an offer rings
    priority: int = 0
    skills: tuple[str, ...] = ()
    overflows_at: int | None = None  # by the writer's clock; None: it waits as long as the caller does
    overflow_to: str = ""  # another role; empty: back to who handed over
    wrap_up: bool = False  # the person who takes it must write a wrap-up
    attempt_id: AttemptId | None = None  # of the handoff that asked
    state: EntryState = EntryState.WAITING
    person: Person | None = None  # who took it
    offer_id: OfferId | None = None  # by which offer
    call_back: bool = False  # the caller was promised a call back, and has not answered one
    tries: int = 0  # call backs that reached nobody
    not_before: int = 0  # when the next call back is due; NOT_YET: once the call is over that promised it
    link_hash: str | None = None  # of the link by which the caller is called back
    called_back_at: int | None = None  # when they answered; `call_id` is the call in which they did
    told_wait_ms: int | None = None  # the expected wait that the caller was told first
    asked_by: OfferId | None = None  # whose talk a second person is asked into; None: a caller waits
    asked_for: str = ""  # what that second person learns, in private
    moved_at: int = 0  # its latest move

    @property
    def is_open(self) -> bool:
        """Whether the caller still waits."""
        return self.state in {EntryState.WAITING, EntryState.OFFERED}


class Help(StrEnum):
    """What came of a person's asking for a supervisor's help in a talk."""

    ASKED = "asked"  # it rings at the supervisors' consoles until the talk ends
    GIVEN = "given"  # one of them has begun to speak in the call
    WITHDRAWN = "withdrawn"


class OfferOutcome(StrEnum):
    """What became of an offer."""

    ACCEPTED = "accepted"
    DECLINED = "declined"  # with a reason
    MISSED = "missed"  # it rang until its end; the person is away since
    WITHDRAWN = "withdrawn"  # another person was first, the caller left, or the person went away


@dataclass(frozen=True, slots=True)
class Offer:
    """One entry at one person's desk. Rings while `outcome` is None; ACCEPTED, it is the talk as well."""

    id: OfferId
    entry_id: EntryId
    call_id: CallId
    role: RoleName
    person: Person
    offered_at: int
    ends_at: int  # until when it rings; of an accepted one: until when it must be connected
    outcome: OfferOutcome | None = None
    reason: str = ""  # of DECLINED and WITHDRAWN, or why a talk was given back
    answered_at: int | None = None  # when it got its outcome
    connected_at: int | None = None  # when person and caller heard each other
    ended_at: int | None = None  # when the talk ended
    returned: bool = False  # the talk ended because the caller went back into the queue
    wrapped_up_at: int | None = None
    code: str = ""  # of the wrap-up
    note: str = ""  # of the wrap-up, in the person's words; kept while they write it
    help: Help | None = None  # None: it was not asked for
    help_at: int | None = None  # when `help` was moved last
    help_by: str | None = None  # by whom
    lost_at: int | None = None  # when the person was last lost in the talk
    back_at: int | None = None  # when they were back; None: they are not, or were never lost

    @property
    def is_talk(self) -> bool:
        """Whether the person has the caller now."""
        return self.outcome is OfferOutcome.ACCEPTED and self.ended_at is None

    @property
    def wants_help(self) -> bool:
        """Whether a supervisor is asked for, and has not come yet."""
        return self.help is Help.ASKED and self.ended_at is None

    @property
    def wants_wrap_up(self) -> bool:
        """Whether the talk is over and nothing was written yet."""
        return self.connected_at is not None and self.ended_at is not None and self.wrapped_up_at is None


@dataclass(frozen=True, slots=True)
class Talks:
    """How long one person talked for one role in a time, and wrote afterwards; in ms, over all talks."""

    person: Person
    role: RoleName
    offers: int
    talks: int
    missed: int
    declined: int
    transfers: int  # talks that the person handed over, or gave back
    talk_ms: int
    wrap_up_ms: int


@dataclass(frozen=True, slots=True)
class Waits:
    """What became of a role's callers in a time, and how long those who talked with a person waited."""

    role: RoleName
    entered: int
    answered: int
    in_time: int  # answered within the target time
    abandoned: int
    overflowed: int
    wait_ms: int  # of those answered, all together
    call_backs: int  # promised, and counted nowhere else
    called_back: int  # of these, answered by the caller
    unreached: int  # of these, ended without an answer
    messages: int  # that callers left
    messages_open: int  # of these, not done yet
