"""A handoff's targets in turn, until one holds the call; an operator may name another on the way."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from errors import BadInput
from persistence.contract.handoffs import Outcome
from persistence.records import HandoffState, RoleName
from persistence.write_queue import WriteQueue
from tasks import Tasks
from transfer.holder.approval import Approval
from transfer.holder.attempt import Reach, SummaryTask
from transfer.holder.caller_audio import CallerAudio
from transfer.holder.handoff_row import HandoffRow
from transfer.holder.lines import Lines
from transfer.holder.operator_changes import OperatorChanges, Redirection, redirection_in
from transfer.holder.outcome import NotReached
from transfer.holder.pausable_timeout import Limit
from transfer.holder.resources import Means
from transfer.protocol import Brief

log = logging.getLogger(__name__)


class Tries:
    """`lines` are those of the latest target that the caller was told of; None: of none yet."""

    def __init__(
        self,
        means: Means,
        write_queue: WriteQueue,
        tasks: Tasks,
        course: HandoffRow,
        aloud: CallerAudio,
        orders: OperatorChanges,
        limit: Limit,
        brief: Callable[[RoleName], Brief],
    ) -> None:
        self._means = means
        self._write_queue = write_queue
        self._tasks = tasks
        self._course = course
        self._aloud = aloud
        self._orders = orders
        self._limit = limit
        self._brief = brief
        self._reach: Reach | None = None
        self.lines: Lines | None = None

    async def run(
        self, targets: Sequence[RoleName], summary: SummaryTask, *, stopped: Callable[[], bool]
    ) -> Outcome | None:
        """None when a target holds the call, else how the last try ended."""
        ended = self._course.inherited
        left = list(targets[: self._means.settings.attempts_per_handoff])
        while left and not stopped():
            first, *others = left
            target = await self._course.begin_attempt(first, ended)
            if target is None:
                break
            left = others if target == first else []
            try:
                await self._try(target, summary)
            except NotReached as missed:
                ended = missed.ended
                log.info("a target was not reached", extra={"outcome": ended.state, "target": target})
            else:
                return None
            if (elsewhere := await self._redirection()) is not None:
                # Somebody chose that one: this is no failure, and no other target follows it.
                ended = Outcome(HandoffState.CANCELLED, f"redirected to {elsewhere.target} by {elsewhere.by}")
                left = [elsewhere.target]
                self._limit.restart()
        return ended or Outcome(HandoffState.FAILED, "no attempt could be recorded")

    async def let_go(self) -> None:
        """See out whoever was tried last, unless that was done."""
        reach, self._reach = self._reach, None
        if reach is not None:
            await reach.let_go()

    def keep(self) -> None:
        """Whoever was tried last holds the call."""
        self._reach = None

    async def _try(self, target: RoleName, summary: SummaryTask) -> None:
        """Returns when the target holds the call. Raises: NotReached."""
        self._orders.next_attempt()
        try:
            lines = self._means.lines(target)
        except BadInput as bad:  # an operator may name anybody
            raise NotReached(HandoffState.FAILED, str(bad)) from bad
        self.lines = lines
        self._aloud.hold(lines.hold)
        await self._next_reach(target).run(self._aloud, lines.introduction, summary)

    def _next_reach(self, target: RoleName) -> Reach:
        task = self._course.task(holder=self._means.holder, caller=self._means.caller)
        line = self._means.switchboard.open(task, self._brief(target))
        approval = Approval(self._course.row, self._orders, self._limit, self._means.settings)
        reach = Reach(self._means, self._write_queue, self._tasks, task, line, self._orders, approval)
        previous, self._reach = self._reach, reach
        if previous is not None:
            self._tasks.start(previous.let_go(), name="let go")
        return reach

    async def _redirection(self) -> Redirection | None:
        """Where an operator wants the caller instead: the row says it, seen before or not."""
        row = await self._course.read()
        return self._orders.redirection if row is None else redirection_in(row)
