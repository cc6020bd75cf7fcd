"""That a try at one target is over without it holding the call."""

from __future__ import annotations

from persistence.contract.handoffs import Outcome
from persistence.records import HandoffState


class NotReached(Exception):
    """An outcome, not an error: what becomes of the attempt, and why."""

    def __init__(self, outcome: HandoffState, reason: str) -> None:
        super().__init__(reason)
        self.ended = Outcome(outcome, reason)
