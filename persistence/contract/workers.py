"""What Baton needs of a store so that calls outlive processes: workers' leases, and lost calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from persistence.records import Call, CallEnd, CallId, Handoff, JobId, RoleName, Worker, WorkerId


class WorkerStore(Protocol):
    """Every move is one guarded statement; a lost guard raises StaleHandoff.

    Leases begin, run and end by the store's clock alone. `at`: milliseconds UTC by the caller's clock, for
    the times on rows and events.
    """

    async def keep_lease(
        self,
        worker: WorkerId,
        host: str,
        *,
        lease_s: float,
        draining: bool,
        room_for: int = 0,
        protocol: int = 1,
    ) -> None:
        """Insert the worker, or renew its lease: it ends `lease_s` seconds from now.

        `room_for`: how many further calls it can carry well. `protocol`: the version that its agents speak.
        """
        ...

    async def end_lease(self, worker: WorkerId) -> None:
        """End the lease now. Calls that the worker left are free for other workers."""
        ...

    async def living_workers(self) -> Sequence[Worker]:
        """The workers whose lease has not ended, the newest first."""
        ...

    async def open_calls_of(self, worker: WorkerId) -> Sequence[Call]:
        """The open calls that this worker is responsible for, the oldest first."""
        ...

    async def orphaned_calls(self, *, but: WorkerId) -> Sequence[Call]:
        """Open calls, the oldest first, of workers (`but` this one) that are unknown or have no lease."""
        ...

    async def ordered_handoffs(self, worker: WorkerId) -> Sequence[Handoff]:
        """Operators' handoffs of this worker's open calls that no agent has begun yet."""
        ...

    async def mark_lost(self, call_id: CallId, *, job: JobId, of: WorkerId, by: WorkerId, at: int) -> Call:
        """Record that the holder `job` is dead, and that the worker `by` sees to the call. Exactly one wins.

        Guarded: `job` holds the open call for the worker `of`, which is `by` itself or has no lease.
        """
        ...

    async def recover_call(
        self, call_id: CallId, *, job: JobId, by: JobId, role: RoleName, worker: WorkerId, at: int
    ) -> Call:
        """Make `by` the holder of a lost call, as `role` on `worker`, in place of the dead `job`.

        Exactly one wins. A requested handoff becomes the new holder's. One that has an attempt becomes the
        new holder's with its next attempt: the current target cannot complete it any more.
        """
        ...

    async def calls_in_line(self) -> Sequence[Call]:
        """The open calls that wait in line, on every worker, in the order in which they are taken."""
        ...

    async def wait_on(self, call_id: CallId, *, job: JobId, by: JobId, worker: WorkerId, at: int) -> Call:
        """Make `by`, a waiting room's job, the holder of a call in line, in place of `job`."""
        ...

    async def admit_call(self, call_id: CallId, *, job: JobId, by: JobId, worker: WorkerId, at: int) -> Call:
        """Make the agent `by` the holder of a call in line, in place of the waiting room's `job`."""
        ...

    async def close_lost(self, call_id: CallId, how: CallEnd, *, by: WorkerId, at: int) -> bool:
        """End a lost call that nobody recovers, as the worker that sees to it. False: it is not lost."""
        ...

    async def has_answered(self, room: str, job: JobId) -> bool:
        """Whether this job has ever opened a call in this room."""
        ...

    async def losses(self, call_id: CallId, *, since: int) -> int:
        """How often the call was lost from `since` on, ms UTC."""
        ...
