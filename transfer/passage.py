"""One handoff under way at its holder: its targets in turn, and its one exit."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from persistence.records import Handoff, HandoffState, RoleName, Turn
from persistence.store import Ended
from transfer.aloud import Aloud
from transfer.course import Course
from transfer.ledger import Ledger
from transfer.means import Means
from transfer.protocol import Brief, SummaryNote
from transfer.reach import NotReached, Reach
from transfer.states import TERMINAL
from transfer.summing import as_json, as_note, sum_up
from transfer.tasks import Tasks

log = logging.getLogger("baton.passage")

_TIDY_LIMIT_S = 6.0


@dataclass(frozen=True, slots=True)
class Stop:
    """That a handoff ends, how, and who says so."""

    ended: Ended
    actor: str


class Passage:
    """Made for one handoff, and run once."""

    def __init__(
        self,
        means: Means,
        ledger: Ledger,
        handoff: Handoff,
        brief: Callable[[RoleName], Brief],
        turns: Sequence[Turn],
    ) -> None:
        self._means = means
        self._ledger = ledger
        self._brief = brief
        self._tasks = Tasks()
        self._course = Course(means.store, ledger, means.clock, handoff, actor=means.job)
        self._aloud = Aloud(means.voice, means.clock, line_limit_s=means.settings.introduction_limit_s)
        self._reach: Reach | None = None
        self._stop: asyncio.Future[Stop] = asyncio.get_running_loop().create_future()
        self._moved = asyncio.Event()
        self._summary = self._tasks.start(self._sum_up(turns), name="summary")
        self._watch = self._tasks.start(self._watch_row(), name="row")

    def stop(self, stop: Stop) -> None:
        """End it from outside. The first to say so is obeyed, unless the target holds the call already."""
        if not self._stop.done():
            self._stop.set_result(stop)

    def row_moved(self) -> None:
        self._moved.set()

    async def run(self, targets: Sequence[RoleName]) -> Handoff:
        """Returns the row at its end."""
        work = self._tasks.start(self._try_each(targets), name="handoff")
        try:
            either: set[asyncio.Future[Any]] = {work, self._stop}
            limit_s = self._means.settings.handoff_limit_s
            await asyncio.wait(either, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                self.stop(self._failed("took longer than a handoff may"))
            return await self._end(await self._outcome(work))
        finally:
            work.cancel()
            await self._tidy()

    async def _try_each(self, targets: Sequence[RoleName]) -> Ended | None:
        """None when a target holds the call, else how the last try ended."""
        ended: Ended | None = None
        for target in targets[: self._means.settings.attempts_per_handoff]:
            if self._stop.done() or not await self._course.begin_attempt(target, ended):
                break
            lines = self._means.lines(target)
            self._aloud.hold(lines.hold)
            reach = self._next_reach(target)
            try:
                await reach.run(self._aloud, lines.introduction, self._summary)
            except NotReached as missed:
                ended = missed.ended
                log.info("a target was not reached", extra={"outcome": ended.outcome, "target": target})
            else:
                return None
        return ended or Ended(HandoffState.FAILED, "no attempt could be recorded")

    def _next_reach(self, target: RoleName) -> Reach:
        task = self._course.task(holder=self._means.holder, caller=self._means.caller)
        line = self._means.switchboard.open(task, self._brief(target))
        previous, self._reach = self._reach, Reach(self._means, self._ledger, self._tasks, task, line)
        if previous is not None:
            self._tasks.start(previous.let_go(), name="let go")
        return self._reach

    async def _outcome(self, work: asyncio.Task[Ended | None]) -> Stop | None:
        """None when the target said that it holds the call: nobody can stop that any more."""
        work.cancel()
        (result,) = await asyncio.gather(work, return_exceptions=True)
        if result is None:
            return None
        if self._stop.done():
            return self._stop.result()
        if isinstance(result, Ended):
            return Stop(result, self._means.job)
        # Whatever broke, the caller must hear of it: this is the one exit.
        log.error("a handoff broke", exc_info=result)
        return self._failed("something broke")

    def _failed(self, reason: str) -> Stop:
        return Stop(Ended(HandoffState.FAILED, reason), self._means.job)

    async def _end(self, stop: Stop | None) -> Handoff:
        """The one exit: the row first, and what the row says is obeyed."""
        row = await (self._course.completed() if stop is None else self._course.end(stop.ended, stop.actor))
        if row.state is HandoffState.COMPLETED:
            self._reach = None
            await self._aloud.fall_silent()
            return row
        async with asyncio.TaskGroup() as group:
            if self._reach is not None:
                group.create_task(self._reach.let_go())
                self._reach = None
            if row.state is HandoffState.ABANDONED:
                await self._aloud.fall_silent()
                self._means.voice.open_ears()  # for a caller who comes back
            else:
                lines = self._means.lines(row.target)
                await self._aloud.go_back(lines.back(row.state), happened=lines.noted(self._course.why))
        self._save_silence(row)
        return row

    def _save_silence(self, row: Handoff) -> None:
        store, silence_ms = self._means.store, self._aloud.longest_silence_ms
        self._ledger.note(lambda: store.save_timings(row.id, seam_ms=None, silence_ms=silence_ms))

    async def _tidy(self) -> None:
        """Nothing of a handoff outlives it, not even where the job ends in the middle of it."""
        await self._aloud.fall_silent()
        self._summary.cancel()
        self._watch.cancel()
        if self._reach is not None:
            await self._reach.let_go()
        await self._tasks.finish(_TIDY_LIMIT_S)

    async def _sum_up(self, turns: Sequence[Turn]) -> SummaryNote:
        handoff, store = self._course.row, self._means.store
        summary = await sum_up(
            self._means.summarizer,
            turns,
            reason=handoff.reason,
            limit_s=self._means.settings.summary_limit_s,
        )
        self._ledger.note(lambda: store.save_summary(handoff.id, as_json(summary), summary.source))
        return as_note(summary)

    async def _watch_row(self) -> None:
        while True:
            await self._moved.wait()
            self._moved.clear()
            row = await self._course.read()
            if row is not None and row.state in TERMINAL:
                self.stop(Stop(Ended(row.state, "somebody else moved the row"), self._means.job))
