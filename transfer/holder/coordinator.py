"""The holder's side of a handoff: from the committed request to its one end, whatever happens on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from persistence.contract.handoffs import HandoffStore, Outcome
from persistence.records import Handoff, HandoffState, JobId, RoleName, Turn
from persistence.write_queue import WriteQueue
from settings import HandoffSettings
from transfer.holder.handoff_run import Passage, Stop
from transfer.holder.lines import Lines
from transfer.holder.resources import Means
from transfer.ports import Clock, Dispatcher, Summarizer, Switchboard, Voice
from transfer.protocol import Brief
from transfer.states import TERMINAL


class Coordinator:
    """Sees the handoffs of one call through, one at a time."""

    def __init__(
        self,
        *,
        store: HandoffStore,
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
        write_queue: WriteQueue,
    ) -> None:
        """`holder` and `caller` are identities in the room; `job` is the holder's, the events' actor."""
        self._means = Means(
            store=store,
            dispatcher=dispatcher,
            switchboard=switchboard,
            voice=voice,
            summarizer=summarizer,
            clock=clock,
            settings=settings,
            lines=lines,
            job=job,
            holder=holder,
            caller=caller,
        )
        self._write_queue = write_queue
        self._passage: Passage | None = None

    async def run(
        self,
        handoff: Handoff,
        *,
        brief: Callable[[RoleName], Brief],
        turns: Sequence[Turn],
        targets: Sequence[RoleName],
        resumed: bool = False,
    ) -> Handoff:
        """Carry a handoff that stands in requested to its end; returns the row with its outcome.

        On completed the target holds the call. On abandoned the caller is gone and nothing was said. On any
        other outcome the caller has been told, and the ears are open again. A row in another state was
        carried before, and is returned as it is (a repeated idempotency key), but where it is `resumed`: its
        holder was lost, and we are in its place. Raises nothing of its own.
        """
        if handoff.state is not HandoffState.REQUESTED and not (resumed and handoff.state not in TERMINAL):
            return handoff
        self._passage = Passage(self._means, self._write_queue, handoff, brief, turns)
        try:
            return await self._passage.run(targets)
        finally:
            self._passage = None

    def cancel(self, *, by: str, reason: str) -> None:
        """Take the running handoff back. Too late once the target holds the call."""
        self._stop(HandoffState.CANCELLED, reason, actor=by)

    def caller_left(self) -> None:
        """Abandon the running handoff: nothing more is said, and nobody comes."""
        self.abandon(by=self._means.job, reason="the caller left")

    def abandon(self, *, by: str, reason: str) -> None:
        """Let the running handoff go without a word to the caller."""
        self._stop(HandoffState.ABANDONED, reason, actor=by)

    def row_moved(self) -> None:
        """Somebody else may have moved the row: read it again, and obey it."""
        if self._passage is not None:
            self._passage.row_moved()

    def _stop(self, outcome: HandoffState, reason: str, *, actor: str) -> None:
        if self._passage is not None:
            self._passage.stop(Stop(Outcome(outcome, reason), actor))
