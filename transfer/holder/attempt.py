"""One try to reach one target: call it, brief it, hear its answer, introduce it, and let it take over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from errors import LineFailed
from persistence.records import AttemptId, HandoffId, HandoffState
from persistence.write_queue import WriteQueue
from tasks import Tasks, together
from transfer.holder.approval import Approval
from transfer.holder.caller_audio import CallerAudio
from transfer.holder.operator_changes import OperatorChanges
from transfer.holder.outcome import NotReached
from transfer.holder.resources import Means
from transfer.ports import Line
from transfer.protocol import SummaryNote, TakeHandoff

log = logging.getLogger(__name__)

_LETTING_GO_LIMIT_S = 5.0

SummaryTask = asyncio.Future[SummaryNote]
"""The summary, which is being made while targets are tried."""


class Reach:
    """For one attempt whose row is committed. `let_go` follows `run`, unless the handoff is completed."""

    def __init__(
        self,
        means: Means,
        write_queue: WriteQueue,
        tasks: Tasks,
        task: TakeHandoff,
        line: Line,
        orders: OperatorChanges,
        approval: Approval,
    ) -> None:
        self._means = means
        self._write_queue = write_queue
        self._task = task
        self._line = line
        self._orders = orders
        self._approval = approval
        self._ready = asyncio.Event()
        # Never cancelled: a dispatch whose id is not known could not be withdrawn.
        self._dispatch = tasks.start(self._call(), name="dispatch")

    async def run(self, aloud: CallerAudio, introduction: str, summary: SummaryTask) -> None:
        """Returns when the target holds the call. Raises: NotReached."""
        async with together() as group:
            dispatched = group.create_task(self._see_dispatched())
            telling = group.create_task(self._tell(summary))
            redirected = group.create_task(self._see_redirected())
            await self._reach()
            gone = group.create_task(self._line.gone())
            await self._approval.wait(gone)
            await aloud.asked_to_hold()
            redirected.cancel()  # an introduction that has begun is spoken to its end
            last_sound_at = await aloud.introduce(introduction)
            self._save_silence(aloud)
            await telling
            if self._orders.redirection is not None:
                raise NotReached(HandoffState.CANCELLED, "redirected")
            await self._hand_over(last_sound_at, gone)
            gone.cancel()
            dispatched.cancel()

    async def let_go(self) -> None:
        """Nobody is needed any more: see the target out, and take its call back so that nobody comes late."""
        async with asyncio.TaskGroup() as group:
            group.create_task(_limited(self._line.release))
            group.create_task(_limited(self._withdraw))

    async def _call(self) -> str:
        dispatch_id = await self._means.dispatcher.dispatch(self._task)
        attempt_id = AttemptId(self._task.attempt)
        self._write_queue.enqueue(lambda: self._means.store.note_dispatch(attempt_id, dispatch_id))
        return dispatch_id

    async def _see_dispatched(self) -> None:
        try:
            await asyncio.shield(self._dispatch)
        except LineFailed as error:
            raise NotReached(HandoffState.FAILED, f"could not be called: {error}") from error

    async def _see_redirected(self) -> None:
        await self._orders.redirected()
        raise NotReached(HandoffState.CANCELLED, "redirected")

    async def _reach(self) -> None:
        settings = self._means.settings
        try:
            async with asyncio.timeout(settings.ready_limit_s):
                await self._line.ready()
            self._ready.set()
            async with asyncio.timeout(settings.answer_limit_s):
                answer = await self._line.answer()
        except TimeoutError:
            silent = "gave no answer" if self._ready.is_set() else "did not come"
            raise NotReached(HandoffState.UNANSWERED, f"{silent} in time") from None
        except LineFailed as error:
            raise NotReached(HandoffState.FAILED, f"was lost before its answer: {error}") from error
        if not answer.accepted:
            raise NotReached(HandoffState.DECLINED, answer.reason)

    async def _tell(self, summary: SummaryTask) -> None:
        note = await asyncio.shield(summary)
        await self._ready.wait()
        try:
            async with asyncio.timeout(self._means.settings.take_over_limit_s):
                await self._line.tell(note)
        except (LineFailed, TimeoutError) as error:
            # It has the reason and the last turns; whether it is still there shows at the next step.
            log.warning("the summary was not told", extra={"error": type(error).__name__})

    async def _hand_over(self, last_sound_at: int, gone: asyncio.Task[None]) -> None:
        """The row counts in the end, not what is raised here: the target may have written it already."""
        if gone.done():
            raise NotReached(HandoffState.FAILED, "left before it took over")
        taking = asyncio.create_task(self._line.take_over(last_sound_at), name="take over")
        try:
            await asyncio.wait(
                {taking, gone},
                timeout=self._means.settings.take_over_limit_s,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if not taking.done():
                why = "left before it took over" if gone.done() else "did not take over in time"
                raise NotReached(HandoffState.FAILED, why)
            await taking
        except LineFailed as error:
            raise NotReached(HandoffState.FAILED, f"was lost before it took over: {error}") from error
        finally:
            taking.cancel()
            await asyncio.gather(taking, return_exceptions=True)

    def _save_silence(self, aloud: CallerAudio) -> None:
        handoff_id, silence_ms = HandoffId(self._task.handoff), aloud.longest_silence_ms
        store = self._means.store
        self._write_queue.enqueue(lambda: store.save_timings(handoff_id, seam_ms=None, silence_ms=silence_ms))

    async def _withdraw(self) -> None:
        try:
            dispatch_id = await asyncio.shield(self._dispatch)
        except LineFailed:
            return
        await self._means.dispatcher.withdraw(dispatch_id)


async def _limited(work: Callable[[], Awaitable[None]]) -> None:
    try:
        async with asyncio.timeout(_LETTING_GO_LIMIT_S):
            await work()
    except Exception:  # whatever it is, the caller waits for nothing of it
        log.exception("letting a target go failed")
