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
class _Standing:
    """Of one model. `rests_until` is a time of `now`; 0 means that it is trusted."""

    failures: int = 0
    rest_s: float = 0.0
    rests_until: float = 0.0
    probed: bool = False  # it has rested, and somebody asks it again


class Breaker:
    """One a process. `now` is in seconds, and only ever grows."""

    def __init__(self, settings: GroqSettings, now: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._now = settings, now
        self._models: dict[str, _Standing] = {}

    def trusts(self, model: str) -> bool:
        """Whether to ask it first, and to wait for it. When it has rested, once: the answer decides."""
        standing = self._models.get(model)
        if standing is None or not standing.rests_until:
            return True
        if self._now() < standing.rests_until:
            return False
        standing.rests_until, standing.probed = self._now() + _PROBE_S, True
        return True

    def pick(self, first: str, second: str) -> str:
        """The model to ask now: the first of the two that is trusted, else the first."""
        return second if not self.trusts(first) and self.trusts(second) else first

    def worked(self, model: str) -> None:
        """It gave a whole answer."""
        standing = self._models.pop(model, None)
        if standing is not None and standing.rests_until:
            log.info("a model is trusted again", extra={"model": model})

    def failed(self, model: str, error: Exception) -> None:
        """It did not; a request that was dropped on our side has neither worked nor failed."""
        if fault_of(error) not in COUNTED:
            return
        standing = self._models.setdefault(model, _Standing())
        standing.failures += 1
        asked_s = retry_after_s(error)
        if standing.failures < self._settings.failures_until_rest and asked_s is None:
            return
        if standing.rests_until and not standing.probed:
            return  # asked as the last resort while it rests
        longest_s = self._settings.longest_rest_s
        standing.rest_s = min(longest_s, asked_s or max(2 * standing.rest_s, self._settings.rest_s))
        standing.rests_until, standing.probed = self._now() + standing.rest_s, False
        log.warning("a model rests", extra={"model": model, "rest_s": standing.rest_s})
