"""Circuit breaker per model: for a while, a model that keeps failing is asked last, with a shorter timeout.

The existing breakers (aiobreaker, purgatory, pybreaker) reject calls while open. This one never rejects: a
short attempt may still get the caller an answer, and the first turn that works shows that Groq is back.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from agents.groq.budget.budget import Budget, Spend
from agents.groq.errors import OF_THE_ACCOUNT, Fault, fault_of, retry_after_s
from settings import GroqSettings

log = logging.getLogger(__name__)

COUNTED = frozenset(Fault) - {Fault.TOOL_USE, Fault.REFUSED, Fault.MISUSED}
"""Faults that count against a model. The others concern one request, or the key; waiting cures neither."""

_PROBE_S = 2.0
"""How long a probe keeps the circuit open for other requests. A cancelled reply does not end the probe."""


@dataclass(slots=True)
class _ModelState:
    """One model's state. `open_until` is on the clock of `now`; 0 means that the circuit is closed."""

    failures: int = 0
    open_s: float = 0.0
    open_until: float = 0.0
    opened_at: float = 0.0
    probed: bool = False  # the open time is over, and one request is testing the model
    spent: bool = False  # Groq has said for how long a limit has no room


class Breaker:
    """One per process. `now` returns monotonic seconds; `budget` says what may be spent of the account."""

    def __init__(
        self,
        settings: GroqSettings,
        now: Callable[[], float] = time.monotonic,
        *,
        budget: Budget | None = None,
    ) -> None:
        self._settings, self._now = settings, now
        self.budget = budget or Budget(now)
        self._models: dict[str, _ModelState] = {}

    def trusts(self, model: str) -> bool:
        """Whether to ask `model` first, with the full timeout. After the open time, true once: the probe."""
        state = self._known(model)
        if state is None or not state.open_until:
            return True
        if self._now() < state.open_until:
            return False
        state.open_until, state.probed = self._now() + _PROBE_S, True
        return True

    def rests(self, model: str) -> bool:
        """Whether the model's open time is still running. Unlike `trusts`, this lets no probe through."""
        state = self._known(model)
        return state is not None and self._now() < state.open_until

    def spent(self, model: str) -> bool:
        """Whether a limit of this model is still spent, as Groq told this process or another one."""
        return self.budget.hold(model) is not None or (self.rests(model) and self._models[model].spent)

    def _known(self, model: str) -> _ModelState | None:
        """Return the model's state. Drop it first if a call has since found room in the spent limit."""
        state = self._models.get(model)
        if state is not None and state.spent and self.budget.lifted_since(model, state.opened_at):
            del self._models[model]
            return None
        return state

    def pick(self, first: str, second: str) -> str:
        """Pick the first of the two that is trusted and has room, else the first."""
        if self._is_dear(first) and not self._is_dear(second) and not self.rests(second):
            return second
        return second if not self.trusts(first) and self.trusts(second) else first

    def _is_dear(self, model: str) -> bool:
        return not self.budget.allows(Spend.LARGER_MODEL, [model])

    def record_success(self, model: str) -> None:
        """Close the circuit: the model gave a complete answer."""
        state = self._models.pop(model, None)
        if state is not None and state.open_until:
            log.info("model circuit closed", extra={"model": model})

    def record_failure(self, model: str, error: Exception, *, has_spare: bool = False) -> None:
        """Count a failure. Do not call it for a request that we cancelled ourselves.

        `has_spare`: this machine itself can serve instead of the model. Later rests are then no longer than
        the first: a probe costs the caller little, and the spare is worse than the model.
        """
        if (fault := fault_of(error)) not in COUNTED:
            return
        state = self._models.setdefault(model, _ModelState())
        state.failures += 1
        retry_after = retry_after_s(error)
        certain = retry_after is not None or fault in OF_THE_ACCOUNT
        if state.failures < self._settings.failures_until_rest and not certain:
            return
        if state.open_until and not state.probed:
            return  # it was asked as a last resort while its circuit was open
        # A day's limit is known to last: no probe before Groq's own time.
        longest_s = math.inf if fault is Fault.DAY_SPENT else self._settings.longest_rest_s
        again_s = 0.0 if has_spare else 2 * state.open_s
        state.open_s = min(longest_s, retry_after or max(again_s, self._settings.rest_s))
        state.opened_at = self._now()
        state.open_until, state.probed = state.opened_at + state.open_s, False
        state.spent = fault in {Fault.LIMITED, Fault.DAY_SPENT} and retry_after is not None
        log.warning("model circuit opened", extra={"model": model, "open_s": state.open_s})
