"""The budget in the worker's parent: learns from its jobs, and tells all of them what they may spend."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping
from typing import Any

from agents.groq.budget.budget import Budget, Spend, Standing
from agents.groq.budget.day import serving, spent_for_the_day
from agents.groq.budget.messages import learn, standings_told
from agents.groq.capacity import carried
from failover.heartbeat import HeartbeatMonitor
from settings import GroqSettings

_LOOK_EVERY_S = 0.25


class BudgetDesk:
    """`on_told` takes what jobs report over their heartbeats; `tell_jobs` replies over the same monitor.

    `calls` counts this worker's calls. `hold_s`: how long a caller is held while no model serves, in seconds.
    """

    def __init__(
        self, budget: Budget, settings: GroqSettings, calls: Callable[[], int], *, hold_s: float = 180.0
    ) -> None:
        self._budget, self._settings, self._calls, self._hold_s = budget, settings, calls, hold_s
        self.calls_of_others = 0
        """The number of calls that other workers on the same account have."""
        self._learned = asyncio.Event()

    def on_told(self, told: Mapping[str, Any]) -> None:
        learn(self._budget, told)
        self._learned.set()

    def room_for_calls(self) -> int | None:
        """Return how many more calls the account carries; None: its limits are unknown, or its day is spent.

        One call is always taken: spares serve it if Groq's models are spent. If nothing is left for the day,
        nobody waits in line for it: each caller hears so, and is called back.
        """
        settings, known = self._settings, self._budget.limits()
        models = serving(self._budget, settings)
        firsts = (settings.chat_model, settings.hearing_model, settings.speaking_model)
        # A second model that has not been used yet is assumed to have about the limits of the first.
        limits = {
            model: known.get(model) or known.get(first, {})
            for model, first in zip(models, firsts, strict=False)
        }
        if (found := carried(settings, limits, models)) is None or self._nothing_left():
            return None
        short = not self._budget.allows(Spend.NEW_CALL, models)
        calls = self._calls()
        more = 0 if short else math.floor(found.at_once) - calls - self.calls_of_others
        return max(more, 1 - calls, 0)

    def _nothing_left(self) -> bool:
        return spent_for_the_day(self._budget, self._settings, longer_than_s=self._hold_s)

    def _every_call(self) -> int:
        return max(1, self._calls() + self.calls_of_others)

    def _told(self) -> Mapping[str, Any]:
        return standings_told(self._budget.standings(), self._every_call(), self._budget.now())

    async def tell_jobs(self, heartbeats: HeartbeatMonitor) -> None:
        """Send the jobs every change at once. Run until cancelled."""
        before: tuple[dict[str, Standing], int] | None = None
        while True:
            self._learned.clear()
            standings, calls = self._budget.standings(), self._every_call()
            self._budget.calls = calls
            if (now := (standings, calls)) != before:
                before = now
                heartbeats.tell(self._told)
            try:
                async with asyncio.timeout(_LOOK_EVERY_S):
                    await self._learned.wait()
            except TimeoutError:
                pass
