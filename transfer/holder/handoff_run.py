"""One handoff under way at its holder: whatever may end it, and its one exit."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from persistence.contract.handoffs import Outcome
from persistence.records import MODEL, RULE, Handoff, HandoffState, RoleName, Turn
from persistence.write_queue import WriteQueue
from tasks import Tasks
from transfer.holder.attempts import Tries
from transfer.holder.caller_audio import CallerAudio
from transfer.holder.handoff_row import HandoffRow
from transfer.holder.operator_changes import OperatorChanges
from transfer.holder.pausable_timeout import Limit
from transfer.holder.resources import Means
from transfer.holder.summary import as_json, as_note, sum_up
from transfer.protocol import Brief, SummaryNote

log = logging.getLogger(__name__)

_TIDY_LIMIT_S = 6.0


@dataclass(frozen=True, slots=True)
class Stop:
    """That a handoff ends, how, and who says so."""

    ended: Outcome
    actor: str


class Passage:
    """Made for one handoff, and run once."""

    def __init__(
        self,
        means: Means,
        write_queue: WriteQueue,
        handoff: Handoff,
        brief: Callable[[RoleName], Brief],
        turns: Sequence[Turn],
    ) -> None:
        self._means = means
        self._write_queue = write_queue
        self._tasks = Tasks()
        self._course = HandoffRow(means.store, write_queue, means.clock, handoff, actor=means.job)
        self._aloud = CallerAudio(means.voice, means.clock, line_limit_s=means.settings.introduction_limit_s)
        self._limit = Limit(means.settings.handoff_limit_s)
        self._orders = OperatorChanges(self._course, self._ended_by_others)
        self._tries = Tries(
            means, write_queue, self._tasks, self._course, self._aloud, self._orders, self._limit, brief
        )
        self._stop: asyncio.Future[Stop] = asyncio.get_running_loop().create_future()
        self._summary = self._tasks.start(self._sum_up(turns), name="summary")
        self._watches = [
            self._tasks.start(self._orders.run(), name="orders"),
            self._tasks.start(self._time_out(), name="limit"),
        ]

    def stop(self, stop: Stop) -> None:
        """End it from outside. The first to say so is obeyed, unless the target holds the call already."""
        if not self._stop.done():
            self._stop.set_result(stop)

    def row_moved(self) -> None:
        self._orders.look()

    async def run(self, targets: Sequence[RoleName]) -> Handoff:
        """Returns the row at its end."""
        tries = self._tries.run(targets, self._summary, stopped=self._stop.done)
        work = self._tasks.start(tries, name="handoff")
        try:
            either: set[asyncio.Future[Any]] = {work, self._stop}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            return await self._end(await self._outcome(work))
        finally:
            work.cancel()
            await self._tidy()

    async def _outcome(self, work: asyncio.Task[Outcome | None]) -> Stop | None:
        """None when the target said that it holds the call: nobody can stop that any more."""
        work.cancel()
        (result,) = await asyncio.gather(work, return_exceptions=True)
        if result is None:
            return None
        if self._stop.done():
            return self._stop.result()
        if isinstance(result, Outcome):
            return Stop(result, self._means.job)
        # Whatever broke, the caller must hear of it: this is the one exit.
        log.error("a handoff broke", exc_info=result)
        return self._failed("something broke")

    def _failed(self, reason: str) -> Stop:
        return Stop(Outcome(HandoffState.FAILED, reason), self._means.job)

    async def _end(self, stop: Stop | None) -> Handoff:
        """The one exit: the row first, and what the row says is obeyed."""
        row = await (self._course.completed() if stop is None else self._course.end(stop.ended, stop.actor))
        if row.state is HandoffState.COMPLETED:
            self._tries.keep()
            await self._aloud.fall_silent()
            return row
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tries.let_go())
            if row.state is HandoffState.ABANDONED or self._unheard(row):
                await self._aloud.fall_silent()
                self._means.voice.open_ears()  # also for a caller who comes back
            else:
                lines = self._tries.lines or self._means.lines(row.target)
                await self._aloud.go_back(lines.back(row.state), happened=lines.noted(self._course.why))
        self._save_silence(row)
        return row

    def _unheard(self, row: Handoff) -> bool:
        """Whether the caller knows nothing of it: neither asked for it, nor was told to hold."""
        return self._tries.lines is None and row.requested_by not in {MODEL, RULE}

    def _save_silence(self, row: Handoff) -> None:
        store, silence_ms = self._means.store, self._aloud.longest_silence_ms
        self._write_queue.enqueue(lambda: store.save_timings(row.id, seam_ms=None, silence_ms=silence_ms))

    async def _tidy(self) -> None:
        """Nothing of a handoff outlives it, not even where the job ends in the middle of it."""
        await self._aloud.fall_silent()
        self._summary.cancel()
        for watch in self._watches:
            watch.cancel()
        await self._tries.let_go()
        await self._tasks.finish(_TIDY_LIMIT_S)

    async def _sum_up(self, turns: Sequence[Turn]) -> SummaryNote:
        handoff, store = self._course.row, self._means.store
        summary = await sum_up(
            self._means.summarizer,
            turns,
            reason=handoff.reason,
            matter=handoff.reason if handoff.requested_by == MODEL else "",
            limit_s=self._means.settings.summary_limit_s,
        )
        self._write_queue.enqueue(lambda: store.save_summary(handoff.id, as_json(summary), summary.source))
        return as_note(summary)

    async def _time_out(self) -> None:
        await self._limit.passed()
        self.stop(self._failed("took longer than a handoff may"))

    def _ended_by_others(self, row: Handoff) -> None:
        why = "an operator took it back" if row.state is HandoffState.CANCELLED else "somebody else ended it"
        self.stop(Stop(Outcome(row.state, why), self._means.job))
