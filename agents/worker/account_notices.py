"""Logs each problem with the Groq account once, from the worker's parent, for all its jobs."""

from __future__ import annotations

import logging

from agents.groq.budget.budget import Answer, Budget
from agents.groq.capacity import carried
from agents.groq.durations import lasting
from agents.groq.errors import API_KEY
from agents.groq.refusals import BILLING
from settings import GroqSettings

log = logging.getLogger(__name__)


class AccountNotices:
    """`on_answer` gets every answer from Groq, of any job, after the budget has learned from it."""

    def __init__(self, budget: Budget, settings: GroqSettings) -> None:
        self._budget, self._settings = budget, settings
        self._spent: set[str] = set()  # models whose spent day's limit has been logged
        self._key_refused = False
        self._limits: dict[tuple[str, str], int] = {}
        self._said: set[object] = set()

    def on_answer(self, answer: Answer) -> None:
        self._look_at_day(answer)
        self._look_at_key(answer)
        self._look_at_limits(answer)

    def _look_at_day(self, answer: Answer) -> None:
        """Log a spent day's limit once, until the model has room again."""
        hold = self._budget.hold(answer.model)
        if hold is None or not hold.day:
            self._spent.discard(answer.model)
        elif answer.model not in self._spent:
            self._spent.add(answer.model)
            log.error("the day's limit of %r is spent for %s", answer.model, lasting(hold.left_s))

    def _look_at_key(self, answer: Answer) -> None:
        """Log a refused key once, until Groq accepts it again."""
        if answer.key_refused and not self._key_refused:
            log.error("%s: Groq refuses it now: set it to a valid key, and restart", API_KEY)
        if answer.key_refused or answer.limits:
            self._key_refused = answer.key_refused

    def _look_at_limits(self, answer: Answer) -> None:
        for kind, left in answer.limits.items():
            before = self._limits.get((answer.model, kind), left.limit)
            self._limits[answer.model, kind] = left.limit
            if before != left.limit and self._is_new(answer.model, kind, left.limit):
                log.warning(
                    "%s: the limit of %s of %r was %d and is %d: another plan, or another organization's key",
                    *(API_KEY, kind, answer.model, before, left.limit),
                )
        found = carried(self._settings, self._budget.limits())
        if found is not None and found.at_once < 1 and self._is_new(found.bound_by):
            right = f"calls go on as well as they can; choose a larger plan at {BILLING}"
            log.error("%s: its limits are too low for even one call (%s): %s", API_KEY, found.bound_by, right)

    def _is_new(self, *what: object) -> bool:
        if what in self._said:
            return False
        self._said.add(what)
        return True
