"""A worker's lease: written every second, and the right to take other workers' leases at their word."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from errors import StoreError
from persistence.contract.workers import WorkerStore
from persistence.records import Worker
from transfer.ports import Clock

log = logging.getLogger(__name__)

RENEW_S = 1.0
_LATE_MS = 1_000


class Lease:
    """Kept by `run`. Whoever could not write lately, or has overslept, judges nobody by an old lease.

    Where the store was locked, or the machine asleep, all leases have ended, and nobody is dead.
    """

    def __init__(
        self,
        store: WorkerStore,
        clock: Clock,
        worker: Worker,
        *,
        lease_s: float,
        draining: Callable[[], bool],
    ) -> None:
        """`worker` says who we are; when its lease ends is written here."""
        self._store, self._clock, self._worker = store, clock, worker
        self._lease_ms = round(lease_s * 1000)
        self._draining = draining
        self._beat_at = clock.now_ms()
        self._judges_from: int | None = None

    def may_judge(self) -> bool:
        """Whether a lease that has ended means that its worker is dead."""
        now = self._clock.now_ms()
        return (
            self._judges_from is not None and self._judges_from <= now and now - self._beat_at < 2 * _LATE_MS
        )

    async def run(self) -> None:
        """Renew it for as long as the worker lives. A store that does not answer is logged."""
        await self._renew(first=True)
        while True:
            await asyncio.sleep(RENEW_S)
            await self._renew()

    async def end(self) -> None:
        """Leave our calls, if there are any, to the others at once."""
        try:
            await self._store.end_lease(self._worker.id, at=self._clock.now_ms())
        except StoreError as error:
            log.warning("the lease runs out by itself", extra={"error": str(error)})

    async def _renew(self, *, first: bool = False) -> None:
        began = self._clock.now_ms()
        trouble = began - self._beat_at > RENEW_S * 1000 + _LATE_MS
        try:
            await self._store.keep_lease(self._renewed(began))
        except StoreError as error:
            log.warning("the lease was not renewed", extra={"error": str(error)})
            self._judges_from = None
            self._beat_at = self._clock.now_ms()
            return
        self._beat_at = self._clock.now_ms()
        trouble = trouble or self._beat_at - began > _LATE_MS
        if first:
            self._judges_from = self._beat_at
        elif trouble or self._judges_from is None:
            self._judges_from = self._beat_at + self._lease_ms + round(RENEW_S * 1000)

    def _renewed(self, now: int) -> Worker:
        return Worker(
            id=self._worker.id,
            host=self._worker.host,
            started_at=self._worker.started_at,
            lease_until=now + self._lease_ms,
            draining=self._draining(),
        )
