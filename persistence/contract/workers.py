"""What Baton needs of a store so that calls outlive processes: workers' leases, and calls that were lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from persistence.records import Call, CallEnd, CallId, JobId, RoleName, Worker, WorkerId


class WorkerStore(Protocol):
    """Every move is one guarded statement; who loses its guard gets StaleHandoff. `at`: milliseconds UTC."""

    async def keep_lease(self, worker: Worker) -> None:
        """Insert the worker, or renew its lease."""
        ...

    async def end_lease(self, worker: WorkerId, *, at: int) -> None:
        """The worker is over: its calls, where it left any, are for others from now on."""
        ...

    async def workers(self) -> Sequence[Worker]:
        """The newest first, those that are over among them."""
        ...

    async def open_calls_of(self, worker: WorkerId) -> Sequence[Call]:
        """The calls that are this worker's to see to, the oldest first."""
        ...

    async def calls_adrift(self, *, but: WorkerId, at: int) -> Sequence[Call]:
        """Open calls of workers, all `but` this one, whose lease has ended by `at`, or who are unknown."""
        ...

    async def mark_lost(self, call_id: CallId, *, job: JobId, of: WorkerId, by: WorkerId, at: int) -> Call:
        """Write down that the holder `job` is dead, and who finds somebody to go on. Exactly one wins.

        Guarded by `job` holding the open call for the worker `of`, which is `by` itself, or has no lease.
        """
        ...

    async def recover_call(
        self, call_id: CallId, *, job: JobId, by: JobId, role: RoleName, worker: WorkerId, at: int
    ) -> Call:
        """Go on with a lost call: `by`, as `role` on `worker`, in place of the dead `job`. Exactly one wins.

        A requested handoff is the new holder's. One that has an attempt will be with its next attempt: its
        target cannot complete it any more.
        """
        ...

    async def close_lost(self, call_id: CallId, how: CallEnd, *, by: WorkerId, at: int) -> bool:
        """End a lost call with which nobody goes on, as the worker that saw to it. False: it is not lost."""
        ...

    async def has_answered(self, room: str, job: JobId) -> bool:
        """Whether this job has opened a call in this room, whatever came of it."""
        ...

    async def losses(self, call_id: CallId, *, since: int) -> int:
        """How often the call was lost from `since` on."""
        ...
