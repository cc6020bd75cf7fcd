"""What Baton needs of a store for handoffs and their attempts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from persistence.contract.calls import Cursor
from persistence.records import (
    Attempt,
    AttemptId,
    CallId,
    Handoff,
    HandoffId,
    HandoffState,
    JobId,
    RoleName,
    SummarySource,
    WorkerId,
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt, and with it perhaps the handoff, ended: a terminal state and why."""

    state: HandoffState
    reason: str


@dataclass(frozen=True, slots=True)
class Timings:
    """What was measured of a handoff at the caller's side, in ms. None leaves a figure as it is."""

    seam_ms: int | None = None
    silence_ms: int | None = None  # the longest one counts, no matter who measured it
    on_hold_ms: int | None = None  # the longest one counts: the target's, which has the holder's in it
    music_ms: int | None = None
    time_to_target_ms: int | None = None


class HandoffStore(Protocol):
    """Every move is one guarded statement; a lost guard raises StaleHandoff.

    `at`: milliseconds UTC by the caller's clock. `actor`: who made the move (a job id or an operator's name);
    the events name it.
    """

    async def request_handoff(self, handoff: Handoff, *, at_most: int) -> Handoff:
        """Insert in state requested. The same idempotency key returns the first row, whatever its state.

        Raises: HandoffOpen, HandoffsSpent (the call has had `at_most`), OnHold (only an operator or a deploy
        moves a caller on hold), StaleHandoff (the call is over, or `from_job` does not hold it).
        """
        ...

    async def begin_attempt(self, attempt: Attempt, *, previous: Outcome | None, actor: JobId) -> Handoff:
        """Insert the attempt and move its handoff to dispatching, as the call's holder (its `from_job` now).

        `previous` is None from requested. From dispatching, briefing or accepted it is how the current
        attempt ended, and is written in the same statement. If an operator has redirected the handoff, only
        that target is allowed. An approval counts only for the attempt it was given for.
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

        The write itself checks that the call is open and still held by the handoff's `from_job`, that no
        redirection is pending, and that an operator has approved if the handoff waits for one.
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
        """From any open state to a terminal one other than completed; the open attempt ends the same way.

        With `attempt_id`, only while that attempt is the current one.
        """
        ...

    async def save_summary(self, handoff_id: HandoffId, summary: str, source: SummarySource) -> None: ...

    async def save_timings(self, handoff_id: HandoffId, timings: Timings) -> None: ...

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
