"""The holder's side of a handoff: from the committed request to its one end, whatever happens on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from persistence.records import Handoff, JobId, RoleName, Turn
from persistence.store import Store
from settings import HandoffSettings
from transfer.lines import Lines
from transfer.ports import Clock, Dispatcher, Summarizer, Switchboard, Voice
from transfer.protocol import Brief


class Coordinator:
    """Sees the handoffs of one call through, one at a time."""

    def __init__(
        self,
        *,
        store: Store,
        dispatcher: Dispatcher,
        switchboard: Switchboard,
        voice: Voice,
        summarizer: Summarizer,
        clock: Clock,
        settings: HandoffSettings,
        lines: Callable[[RoleName], Lines],
        job: JobId,
        holder: str,
        caller: str,
    ) -> None:
        """`holder` and `caller` are identities in the room; `job` is the holder's, and the actor in the events."""
        raise NotImplementedError

    async def run(
        self,
        handoff: Handoff,
        *,
        brief: Callable[[RoleName], Brief],
        turns: Sequence[Turn],
        targets: Sequence[RoleName],
    ) -> Handoff:
        """Carry a handoff that stands in requested to its end; returns the row with its outcome.

        On completed the target holds the call. On abandoned the caller is gone and nothing was said. On any other
        outcome the caller has been told, and the ears are open again. Raises nothing of its own.
        """
        raise NotImplementedError

    def cancel(self, *, by: str, reason: str) -> None:
        """Take the running handoff back. Too late once the target holds the call."""

    def caller_left(self) -> None:
        """Abandon the running handoff: nothing more is said, and nobody comes."""

    def row_moved(self) -> None:
        """Somebody else may have moved the row: read it again, and obey it."""

    async def settle(self, limit_s: float) -> None:
        """Give writes the store has not taken yet `limit_s` seconds, then drop them."""
