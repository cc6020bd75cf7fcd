"""What Baton needs of a store. One Protocol; `persistence.sqlite` serves it, another database may join."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from persistence.contract.metrics import MetricsStore
from persistence.contract.operators import OperatorStore, RequestStore
from persistence.contract.workers import WorkerStore
from persistence.records import (
    Attempt,
    AttemptId,
    Call,
    CallEnd,
    CallId,
    Event,
    Handoff,
    HandoffId,
    HandoffState,
    JobId,
    RoleName,
    SummarySource,
    Turn,
    WorkerId,
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt, and with it perhaps the handoff, ended: a terminal state and why."""

    state: HandoffState
    reason: str


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list that is sorted newest first: what comes after this row."""

    at: int  # the row's started_at or requested_at
    id: str


class HandoffStore(Protocol):
    """Calls, turns, handoffs. Every move is one guarded statement; who loses its guard gets StaleHandoff.

    `at` is always milliseconds UTC and comes from the caller's clock; `actor` is who did it (a job id, an
    operator's name) and goes to the events. Reads see every write acknowledged before them.
    """

    async def open_call(self, call: Call) -> Call:
        """Insert, or return the call already open in that room (with the holder it has)."""
        ...

    async def call(self, call_id: CallId) -> Call | None: ...

    async def open_call_in(self, room: str) -> Call | None: ...

    async def calls(
        self, *, is_open: bool | None = None, after: Cursor | None = None, limit: int = 50
    ) -> Sequence[Call]:
        """Newest first; `is_open` leaves out those that are over, or those that are not."""
        ...

    async def end_call(self, call_id: CallId, how: CallEnd, *, job: JobId, at: int) -> bool:
        """End it once, as its holder, and abandon its open handoff.

        False: it had ended, is another's, or was found lost: then it is for its worker to end.
        """
        ...

    async def append_turn(
        self, call_id: CallId, speaker: str, text: str, *, started_at: int, ended_at: int
    ) -> Turn:
        """Append; the database counts `seq` in the same statement. The same turn again is the row it has."""
        ...

    async def turns(self, call_id: CallId, *, last: int | None = None) -> Sequence[Turn]:
        """In order; with `last`, only that many from the end."""
        ...

    async def request_handoff(self, handoff: Handoff, *, at_most: int) -> Handoff:
        """Insert in state requested. The same idempotency key returns the first row, whatever its state.

        Raises: HandoffOpen, HandoffsSpent (the call has had `at_most`), StaleHandoff (the call is over, or
        `from_job` does not hold it).
        """
        ...

    async def begin_attempt(self, attempt: Attempt, *, previous: Outcome | None, actor: JobId) -> Handoff:
        """Insert the attempt and move its handoff to dispatching, as the call's holder (its `from_job` now).

        From requested with previous None; from dispatching, briefing or accepted with how the current attempt
        ended, which is written in the same statement. Where an operator has redirected it, only to that
        target; an approval counts for the attempt it was given for.
        """
        ...

    async def note_dispatch(self, attempt_id: AttemptId, dispatch_id: str) -> None: ...

    async def claim_attempt(
        self, handoff_id: HandoffId, attempt_id: AttemptId, job: JobId, *, worker: WorkerId, at: int
    ) -> Handoff:
        """From dispatching to briefing, by the target's process on `worker`. Exactly one job wins."""
        ...

    async def accept(self, handoff_id: HandoffId, attempt_id: AttemptId, job: JobId, *, at: int) -> Handoff:
        """From briefing to accepted, by the job that claimed."""
        ...

    async def complete(self, handoff_id: HandoffId, attempt_id: AttemptId, job: JobId, *, at: int) -> Handoff:
        """From accepted to completed, and the job becomes the call's holder, in one statement.

        Guarded also by the call being open and still held by the handoff's `from_job`, by no redirection
        waiting, and by an operator's approval where the handoff completes with one.
        """
        ...

    async def end_handoff(
        self,
        handoff_id: HandoffId,
        ended: Outcome,
        *,
        attempt_id: AttemptId | None,
        actor: str,
        at: int,
    ) -> Handoff:
        """Any non-terminal state → a terminal one other than completed; the open attempt gets the same.

        With `attempt_id`, only while that attempt is the current one.
        """
        ...

    async def save_summary(self, handoff_id: HandoffId, summary: str, source: SummarySource) -> None: ...

    async def save_timings(
        self, handoff_id: HandoffId, *, seam_ms: int | None, silence_ms: int | None
    ) -> None:
        """None leaves a column as it is."""
        ...

    async def handoff(self, handoff_id: HandoffId) -> Handoff | None: ...

    async def handoffs(
        self,
        *,
        call_id: CallId | None = None,
        state: HandoffState | None = None,
        role: RoleName | None = None,
        since: int | None = None,
        until: int | None = None,
        after: Cursor | None = None,
        limit: int = 50,
    ) -> Sequence[Handoff]:
        """Newest first; `role` matches either side; requested from `since` on, and before `until`, ms UTC."""
        ...

    async def attempts(self, handoff_id: HandoffId) -> Sequence[Attempt]: ...

    async def events(
        self, *, call_id: CallId | None = None, after: int = 0, limit: int | None = None
    ) -> Sequence[Event]:
        """In order, with ids greater than `after`; with `limit`, the first so many of them."""
        ...


class CallStore(HandoffStore, RequestStore, Protocol):
    """All that is kept of calls."""


class Store(CallStore, OperatorStore, MetricsStore, WorkerStore, Protocol):
    """All that Baton keeps."""
