"""What Baton needs of a store to keep what calls cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from persistence.records import CallId, Cost, Used


class CostStore(Protocol):
    """A process writes its own sums, again and again; they only become more exact."""

    async def save_costs(self, costs: Sequence[Cost]) -> None:
        """Write these rows, or replace them; all in one statement. Raises: StoreRefused (no such call)."""
        ...

    async def costs(self, call_id: CallId) -> Sequence[Cost]:
        """Of all the call's processes, by model."""
        ...

    async def costs_by_model(self) -> Mapping[tuple[str, bool], Used]:
        """Of all calls: by model, and whether it was thrown away."""
        ...
