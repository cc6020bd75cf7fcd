"""Which models are trusted now: one that keeps failing is asked last, and waited for less, for a while.

The breakers there are (aiobreaker, purgatory, pybreaker) refuse what they doubt. Here nobody is refused: a
short try may still bring the caller an answer, and notices that Groq is back in the first turn that works.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from agents.groq.errors import Fault, fault_of, retry_after_s
from settings import GroqSettings

log = logging.getLogger(__name__)

COUNTED = frozenset(Fault) - {Fault.TOOL_USE, Fault.REFUSED, Fault.MISUSED}
"""The others are about one request, or about the key; neither passes by waiting."""

_PROBE_S = 2.0
"""While one request sees whether a model is back, the others wait so long. A dropped reply ends none."""


@dataclass(slots=True)
class _ModelState:
    """Of one model. `open_until` is a time of `now`; 0 means that it is trusted."""

    failures: int = 0
    open_s: float = 0.0
    open_until: float = 0.0
    probed: bool = False  # it has rested, and somebody asks it again


class Breaker:
    """One a process. `now` is in seconds, and only ever grows."""

    def __init__(self, settings: GroqSettings, now: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._now = settings, now
        self._models: dict[str, _ModelState] = {}

    def trusts(self, model: str) -> bool:
        """Whether to ask it first, and to wait for it. When it has rested, once: the answer decides."""
        state = self._models.get(model)
        if state is None or not state.open_until:
            return True
        if self._now() < state.open_until:
            return False
        state.open_until, state.probed = self._now() + _PROBE_S, True
        return True

    def pick(self, first: str, second: str) -> str:
        """The model to ask now: the first of the two that is trusted, else the first."""
        return second if not self.trusts(first) and self.trusts(second) else first

    def record_success(self, model: str) -> None:
        """It gave a whole answer."""
        state = self._models.pop(model, None)
        if state is not None and state.open_until:
            log.info("a model is trusted again", extra={"model": model})

    def record_failure(self, model: str, error: Exception) -> None:
        """It did not; a request that was dropped on our side has neither worked nor failed."""
        if fault_of(error) not in COUNTED:
            return
        state = self._models.setdefault(model, _ModelState())
        state.failures += 1
        retry_after = retry_after_s(error)
        if state.failures < self._settings.failures_until_rest and retry_after is None:
            return
        if state.open_until and not state.probed:
            return  # asked as the last resort while it rests
        longest_s = self._settings.longest_rest_s
        state.open_s = min(longest_s, retry_after or max(2 * state.open_s, self._settings.rest_s))
        state.open_until, state.probed = self._now() + state.open_s, False
        log.warning("a model rests", extra={"model": model, "open_s": state.open_s})
