"""What Baton needs of a store so that workers on one Groq account know of the limits that are spent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from persistence.records import SpentLimit, WorkerId


class LimitStore(Protocol):
    """A spent limit is known until its time is over, by the store's clock."""

    async def note_spent_limit(self, account: str, model: str, *, day: bool, for_s: float) -> None:
        """Write that Groq refuses this model for so long from now; a longer time that is known stays."""
        ...

    async def lift_spent_limit(self, account: str, model: str) -> None:
        """Write that Groq serves this model again, sooner than it said."""
        ...

    async def spent_limits(self) -> Sequence[SpentLimit]:
        """Those of all accounts that are not over, by account and model."""
        ...

    async def calls_of_others(self, *, but: WorkerId) -> int:
        """How many open calls agents of other workers (`but` this one) hold: they use the same account."""
        ...
