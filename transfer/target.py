"""The target's side of a handoff: claim, join silently, answer, and hold the call once it wrote itself in."""

from __future__ import annotations

from persistence.records import JobId
from persistence.store import Store
from settings import HandoffSettings
from transfer.ports import Clock, HolderLine, Stage
from transfer.protocol import TakeHandoff


class Target:
    """Answers one attempt."""

    def __init__(
        self,
        *,
        store: Store,
        stage: Stage,
        line: HolderLine,
        clock: Clock,
        settings: HandoffSettings,
        job: JobId,
    ) -> None:
        raise NotImplementedError

    async def run(self, task: TakeHandoff) -> bool:
        """Returns whether we hold the call now, on air. Otherwise we have left, or have never joined."""
        raise NotImplementedError

    async def settle(self, limit_s: float) -> None:
        """Give writes the store has not taken yet `limit_s` seconds, then drop them."""
