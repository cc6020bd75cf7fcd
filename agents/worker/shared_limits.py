"""What workers on one Groq account share through the store: spent limits, and how many calls they have.

Only changes are written: a limit that is spent, and one that has room sooner than Groq said.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import math
from collections.abc import Callable, Sequence

from agents.groq.budget.budget import Answer, Budget
from agents.worker.budget_desk import BudgetDesk
from errors import StoreError
from failover.fleet_pace import OWN_LOOK_S, pause_s
from failover.outage_log import OutageLog
from persistence.contract.limits import LimitStore
from persistence.records import SpentLimit, WorkerId
from settings import GroqAccess

log = logging.getLogger(__name__)

_POLL_EVERY_S = 0.5
_WORTH_TELLING_S = 1.0
"""A shorter hold would be over before other workers read it."""
_SAME_S = 0.5
"""Two ends of a hold this close count as the same: each process has its own clock."""


def account_of(access: GroqAccess) -> str:
    """Return a hash that identifies the account without revealing the key."""
    key = access.api_key.get_secret_value().strip() if access.api_key else ""
    return hashlib.sha256(f"{access.base_url}\0{key}".encode()).hexdigest()[:16]


class SharedLimits:
    """One worker's part in the sharing. `desk` learns how many calls the other workers have."""

    def __init__(
        self,
        store: LimitStore,
        budget: Budget,
        desk: BudgetDesk,
        *,
        account: str,
        worker: WorkerId,
        workers: Callable[[], int] = lambda: 1,
    ) -> None:
        """`workers` returns how many workers are alive."""
        self._store, self._budget, self._desk = store, budget, desk
        self._account, self._worker, self._workers = account, worker, workers
        self._counts_from = -math.inf
        self._changed = asyncio.Event()
        self._ends: dict[str, float] = {}  # when each limit in the store ends; on the budget's clock
        self._read_at: dict[str, float] = {}
        self._outage = OutageLog(log, "spent limits are not shared")

    def on_answer(self, answer: Answer) -> None:
        """Make the next poll share a spent or lifted limit at once."""
        if answer.held_s is not None or answer.works:
            self._changed.set()

    async def keep_shared(self) -> None:
        """Poll until cancelled, and at once after a change."""
        while True:
            self._changed.clear()
            await self.poll()
            try:
                async with asyncio.timeout(pause_s(_POLL_EVERY_S, self._workers(), OWN_LOOK_S)):
                    await self._changed.wait()
            except TimeoutError:
                pass

    async def poll(self) -> None:
        """Write our changes and read the others' once. Never raises: the next poll repeats what fails now."""
        try:
            await self._tell()
            began = self._budget.now()
            self._hear(await self._store.spent_limits(), began)
            if self._budget.now() >= self._counts_from:
                self._desk.calls_of_others = await self._store.calls_of_others(but=self._worker)
                self._counts_from = began + pause_s(_POLL_EVERY_S, self._workers()) - _POLL_EVERY_S / 2
            self._outage.worked()
        except StoreError as error:
            self._outage.failed(error)

    async def _tell(self) -> None:
        now = self._budget.now()
        for model, held in self._budget.held().items():
            left, known = held.left(now), self._ends.get(model, now)
            if left is not None and left.left_s >= _WORTH_TELLING_S and held.until > known + _SAME_S:
                await self._store.note_spent_limit(
                    self._account, model, day=left.day, for_s=held.until - self._budget.now()
                )
                self._ends[model] = held.until
            elif left is None and known > now:
                await self._store.lift_spent_limit(self._account, model)
                self._forget(model)

    def _hear(self, spent: Sequence[SpentLimit], read_at: float) -> None:
        now = self._budget.now()
        ours = {limit.model: limit for limit in spent if limit.account == self._account}
        for model, limit in ours.items():
            left_s = limit.left_ms / 1000
            held = self._budget.held().get(model)
            if held is not None and held.lifted_at >= read_at:
                continue  # room was found while the store was read: the next poll writes it
            if held is None or held.left(now) is None or now + left_s > held.until + _SAME_S:
                self._budget.learn(Answer(model, held_s=left_s, day=limit.day))
            self._ends[model], self._read_at[model] = now + left_s, now
        for model in self._read_at.keys() - ours.keys():
            self._gone(model, now)

    def _gone(self, model: str, now: float) -> None:
        """Drop a limit that has left the store: it is over, or another worker has found room."""
        held = self._budget.held()[model]
        if held.left(now) is not None and held.at <= self._read_at[model]:
            self._budget.learn(Answer(model, works=True))
        self._forget(model)

    def _forget(self, model: str) -> None:
        self._ends.pop(model, None)
        self._read_at.pop(model, None)
