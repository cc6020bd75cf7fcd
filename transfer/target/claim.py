"""The target's guarded writes: it claims the attempt, accepts, and records itself as the holder."""

from __future__ import annotations

import asyncio
import logging

from errors import StoreRefused
from persistence.contract.handoffs import HandoffStore, Timings
from persistence.records import AttemptId, Completes, Handoff, HandoffId, JobId, WorkerId
from persistence.retry import until_answered
from persistence.write_queue import WriteQueue
from transfer.ports import Clock
from transfer.protocol import TakeHandoff

log = logging.getLogger(__name__)

_RETRY_AFTER_S = 0.2


class Claim:
    """One job's claim to one attempt. Once it is made, a store that does not answer causes no delay."""

    def __init__(
        self,
        store: HandoffStore,
        write_queue: WriteQueue,
        clock: Clock,
        task: TakeHandoff,
        job: JobId,
        worker: WorkerId,
    ) -> None:
        self._store = store
        self._write_queue = write_queue
        self._clock = clock
        self._handoff = HandoffId(task.handoff)
        self._attempt = AttemptId(task.attempt)
        self._job = job
        self._worker = worker
        self._completes = Completes.AUTO

    @property
    def waits_for_approval(self) -> bool:
        """Whether an operator must approve the take-over, which takes time. Known after `make`."""
        return self._completes is Completes.OPERATOR

    async def make(self, *, limit_s: float) -> bool:
        """Claim the attempt. False: another job has it, it is over, or the store does not answer in time."""
        try:
            async with asyncio.timeout(limit_s):
                await self._make()
        except (StoreRefused, TimeoutError) as error:
            log.info(
                "not claimed, leaving before joining",
                extra={"handoff": self._handoff, "error": type(error).__name__},
            )
            return False
        return True

    async def accept(self) -> None:
        """Record that we accept the attempt. Raises: StaleHandoff."""
        at = self._clock.now_ms()
        await self._write_queue.write(
            lambda: self._store.accept(self._handoff, self._attempt, self._job, at=at)
        )

    async def complete(self) -> Handoff | None:
        """Record us as the holder. Returns None if the store does not answer. Raises: StaleHandoff."""
        at = self._clock.now_ms()
        return await self._write_queue.write(
            lambda: self._store.complete(self._handoff, self._attempt, self._job, at=at)
        )

    def queue_timings(self, timings: Timings) -> None:
        """Queue the write; does not wait for it."""
        self._write_queue.enqueue(lambda: self._store.save_timings(self._handoff, timings))

    async def _make(self) -> None:
        row = await until_answered(
            lambda: self._store.claim_attempt(
                self._handoff, self._attempt, self._job, worker=self._worker, at=self._clock.now_ms()
            ),
            "the store does not take the claim",
            retry_after_s=_RETRY_AFTER_S,
            handoff=self._handoff,
        )
        self._completes = row.completes
