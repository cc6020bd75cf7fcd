"""The steps of one attempt to reach a target, each with its time limit and the outcome of its failure."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from errors import LineFailed
from persistence.contract.handoffs import Outcome
from persistence.records import HandoffState, JobId
from settings import HandoffSettings
from transfer.ports import Dispatcher, Line
from transfer.protocol import SummaryNote, TakeOver

log = logging.getLogger(__name__)

_LETTING_GO_LIMIT_S = 5.0


class NotHandedOver(Exception):
    """An attempt or handoff has ended without a target that holds the call. An outcome, not an error."""

    def __init__(
        self, state: HandoffState, reason: str, *, by: str | JobId | None = None, words: str = ""
    ) -> None:
        """`by` is the event log's name for who decided it; None: the holder.

        `words`: what the caller hears about it; empty: the usual line for this end.
        """
        super().__init__(reason)
        self.outcome = Outcome(state, reason)
        self.by, self.words = by, words


async def see_dispatched(dispatch: asyncio.Task[str]) -> None:
    """Return once the server has taken the dispatch. Raises: NotHandedOver.

    The dispatch itself is never cancelled: one whose id is unknown cannot be withdrawn.
    """
    try:
        await asyncio.shield(dispatch)
    except LineFailed as error:
        raise NotHandedOver(HandoffState.FAILED, f"could not be called: {error}") from error


async def agree(line: Line, briefed: asyncio.Event, settings: HandoffSettings) -> None:
    """Return once the target has said yes; set `briefed` when it has the brief. Raises: NotHandedOver."""
    try:
        async with asyncio.timeout(settings.ready_limit_s):
            await line.ready()
        briefed.set()
        async with asyncio.timeout(settings.answer_limit_s):
            answer = await line.answer()
    except TimeoutError:
        silent = "gave no answer" if briefed.is_set() else "did not come"
        raise NotHandedOver(HandoffState.UNANSWERED, f"{silent} in time") from None
    except LineFailed as error:
        raise NotHandedOver(HandoffState.FAILED, f"was lost before its answer: {error}") from error
    if not answer.accepted:
        raise NotHandedOver(HandoffState.DECLINED, answer.reason)


async def tell_summary(
    line: Line, summary: asyncio.Future[SummaryNote], briefed: asyncio.Event, *, limit_s: float
) -> None:
    """Send the summary once it is made and the target has the brief. Returns when the target can speak.

    A failure is only logged: the target has the reason and the last turns.
    """
    note = await asyncio.shield(summary)
    await briefed.wait()
    try:
        async with asyncio.timeout(limit_s):
            await line.tell(note)
    except (LineFailed, TimeoutError) as error:
        # The next step shows whether the target is still there.
        log.warning(
            "the target has no summary, or is not ready to speak", extra={"error": type(error).__name__}
        )


async def take_over(line: Line, asked: TakeOver, gone: asyncio.Task[None], *, limit_s: float) -> None:
    """Return once the target says that it holds the call. Raises: NotHandedOver.

    The row decides, not this exception: the target may have recorded itself already.
    """
    if gone.done():
        raise NotHandedOver(HandoffState.FAILED, "left before it took over")
    taking = asyncio.create_task(line.take_over(asked), name="take over")
    try:
        await asyncio.wait({taking, gone}, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
        if not taking.done():
            why = "left before it took over" if gone.done() else "did not take over in time"
            raise NotHandedOver(HandoffState.FAILED, why)
        await taking
    except LineFailed as error:
        raise NotHandedOver(HandoffState.FAILED, f"was lost before it took over: {error}") from error
    finally:
        taking.cancel()
        await asyncio.gather(taking, return_exceptions=True)


async def let_target_go(line: Line, dispatch: asyncio.Task[str], dispatcher: Dispatcher) -> None:
    """Remove the target from the room, and withdraw its dispatch so that none comes late. Never raises."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_logged(line.release))
        group.create_task(_logged(lambda: _withdraw(dispatch, dispatcher)))


async def _withdraw(dispatch: asyncio.Task[str], dispatcher: Dispatcher) -> None:
    try:
        dispatch_id = await asyncio.shield(dispatch)
    except LineFailed:
        return
    await dispatcher.withdraw(dispatch_id)


async def _logged(step: Callable[[], Awaitable[None]]) -> None:
    try:
        async with asyncio.timeout(_LETTING_GO_LIMIT_S):
            await step()
    except Exception:  # no failure may keep the caller waiting
        log.exception("letting a target go failed")
