"""A worker's lease, renewed in time; also says whether to act on other workers' expired leases."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from errors import StoreError
from failover.outage_log import OutageLog
from persistence.contract.workers import WorkerStore
from persistence.records import WorkerId
from transfer.ports import Clock
from transfer.protocol import VERSION

log = logging.getLogger(__name__)

RENEW_EVERY_S = 1.0
"""The longest interval: a renewal also tells other workers how much room there is."""
_PARTS = 3
"""A lease is renewed after a third of its length, so one late renewal lets no other worker take a call."""


class Lease:
    """Renewed by `keep_renewed`, every `every_s` seconds.

    After a locked store or a suspended machine every lease has expired, and no worker is dead. So a worker
    whose own renewals failed or came late ignores others' leases until they had time to renew.
    """

    def __init__(
        self,
        store: WorkerStore,
        clock: Clock,
        worker: WorkerId,
        host: str,
        *,
        lease_s: float,
        draining: Callable[[], bool],
        room_for: Callable[[], int] = lambda: 0,
    ) -> None:
        """`clock` measures this worker's own delays. Leases run by the store's clock.

        `room_for`: how many further calls this worker can carry well, for the others to know.
        """
        self._store, self._clock, self._worker, self._host = store, clock, worker, host
        self._lease_s = lease_s
        self.every_s = min(RENEW_EVERY_S, lease_s / _PARTS)
        self._draining, self._room_for = draining, room_for
        self._renewed_at = clock.now_ms()
        self._trusts_from: int | None = None
        self._outage = OutageLog(log, "lease not renewed")

    def may_expire_others(self) -> bool:
        """Whether another worker's expired lease means that the worker is dead."""
        now = self._clock.now_ms()
        return (
            self._trusts_from is not None
            and self._trusts_from <= now
            and now - self._renewed_at < 2000 * self.every_s
        )

    async def keep_renewed(self) -> None:
        """Renew until cancelled. A failed renewal is logged, and followed by the next.

        A slow renewal does not put off the next one.
        """
        clock = asyncio.get_running_loop()
        due = clock.time() + self.every_s
        await self._renew(first=True)
        while True:
            await asyncio.sleep(due - clock.time())
            due = max(due, clock.time()) + self.every_s
            await self._renew()

    async def release(self) -> None:
        """End the lease now, so that other workers recover the calls that are left, if any."""
        try:
            await self._store.end_lease(self._worker)
        except StoreError as error:
            log.warning("lease not released, it will expire", extra={"error": str(error)})

    async def _renew(self, *, first: bool = False) -> None:
        began = self._clock.now_ms()
        late = began - self._renewed_at > 2000 * self.every_s
        try:
            draining = self._draining()
            await self._store.keep_lease(
                self._worker,
                self._host,
                lease_s=self._lease_s,
                draining=draining,
                room_for=0 if draining else self._room_for(),
                protocol=VERSION,
            )
        except StoreError as error:
            self._outage.failed(error)
            self._trusts_from = None
            self._renewed_at = self._clock.now_ms()
            return
        self._outage.worked()
        self._renewed_at = self._clock.now_ms()
        late = late or self._renewed_at - began > 1000 * self.every_s
        if first:
            self._trusts_from = self._renewed_at
        elif late or self._trusts_from is None:
            self._trusts_from = self._renewed_at + round((self._lease_s + self.every_s) * 1000)
