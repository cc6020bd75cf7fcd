"""One handoff at its holder, from the committed request to its one end: read it from top to bottom."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any

from errors import BadInput
from persistence.contract.handoffs import HandoffStore, Timings
from persistence.records import (
    CALLER,
    MODEL,
    RULE,
    AttemptId,
    Completes,
    Handoff,
    HandoffState,
    JobId,
    RoleName,
    Turn,
)
from persistence.write_queue import WriteQueue
from settings import HandoffSettings
from tasks import Tasks, together
from transfer.holder.attempt import (
    NotHandedOver,
    agree,
    let_target_go,
    see_dispatched,
    take_over,
    tell_summary,
)
from transfer.holder.caller_audio import CallerAudio
from transfer.holder.company import Company, Helpers, Reminders
from transfer.holder.handoff_row import HandoffRow
from transfer.holder.lines import Introductions, Lines, asked_to_hold_at
from transfer.holder.operator_changes import OperatorChanges, Redirection, redirection_in
from transfer.holder.pausable_timeout import PausableTimeout
from transfer.holder.summary import Summaries
from transfer.ports import Clock, Dispatcher, Line, Summarizer, Switchboard, Voice
from transfer.protocol import Brief, SummaryNote, TakeOver, fitting

log = logging.getLogger(__name__)

_CLEAN_UP_LIMIT_S = 6.0
_WAITS_NO_MORE = "the caller did not want to wait any more"


class HandoffRun:
    """Made for one handoff, and run once."""

    def __init__(
        self,
        handoff: Handoff,
        *,
        turns: Callable[[], Sequence[Turn]],
        brief: Callable[[Handoff], Brief],
        lines: Callable[[RoleName], Lines],
        store: HandoffStore,
        write_queue: WriteQueue,
        dispatcher: Dispatcher,
        switchboard: Switchboard,
        voice: Voice,
        summarizer: Summarizer,
        clock: Clock,
        settings: HandoffSettings,
        job: JobId,
        holder: str,
        caller: str,
        held_since: int | None = None,
        limits: Callable[[RoleName], HandoffSettings] | None = None,
        reminders: Reminders | None = None,
        helpers: Helpers | None = None,
        introductions: Introductions | None = None,
    ) -> None:
        """`brief` makes the brief for a row's current target; `lines`, the holder's lines about a target.

        `turns`: what was said in the call so far.
        `job` is the holder's, and the actor of its events. `holder` and `caller` are identities in the room.
        `held_since`: when an operator put the caller on hold, ms UTC; None: the caller is not on hold.
        `limits`: an attempt's time limits for a target; None: `settings` for all.
        `reminders`: news for the caller until a target has answered; `helpers`: what answers the caller's
        words until then. None: no news, no answers.
        `introductions`: replaces the introduction of `lines` if it is ready in time; None: never.
        """
        self._brief = brief
        self._lines_for = lines
        self._store = store
        self._write_queue = write_queue
        self._dispatcher = dispatcher
        self._switchboard = switchboard
        self._voice = voice
        self._settings = settings
        self._limits_for = limits or (lambda _: settings)
        self._introductions = introductions
        self._job, self._holder, self._caller = job, holder, caller
        self._row = HandoffRow(store, write_queue, clock, handoff, actor=job)
        self._audio = CallerAudio(
            voice,
            clock,
            line_limit_s=settings.introduction_limit_s,
            holds_since=asked_to_hold_at(handoff, turns()),
        )
        self._held_before_ms = 0 if held_since is None else clock.now_ms() - held_since
        self._changes = OperatorChanges(self._row, self._ended_by_others)
        self._deadline = PausableTimeout(settings.handoff_limit_s)
        self._tasks = Tasks()
        self._summaries = Summaries(
            summarizer, turns, store, write_queue, self._tasks, limit_s=settings.summary_limit_s
        )
        self._company = Company(
            voice,
            self._audio,
            reminders=reminders,
            helpers=helpers,
            stops=self._stop_waiting,
            talked=lambda: self._summaries.renew(self._row.row),
        )
        self._reaching: asyncio.Task[None] | None = None
        self._stopped: NotHandedOver | None = None
        self._let_go: Callable[[], Coroutine[object, object, None]] | None = None  # of the latest target
        self._lines: Lines | None = None  # about the latest target that the caller heard of

    async def run_handoff(self, targets: Sequence[RoleName], *, resumed: bool = False) -> Handoff:
        """Try the targets in turn until one holds the call; returns the row with the outcome.

        Completed: the target holds the call. Abandoned: the caller has left, and nothing was said. Any other
        outcome: the caller was told, and the ears are open again. Raises nothing of its own.

        A row that is no longer `requested` was carried out before (a repeated idempotency key). It is
        returned as it is, unless the run is `resumed`: then its holder was lost, and we replace that holder.
        """
        handoff = self._row.row
        if handoff.state is not HandoffState.REQUESTED and not (resumed and not handoff.is_over):
            return handoff
        watching = self._tasks.start(self._changes.watch_row(), name="operator changes")
        limiting = self._tasks.start(self._time_out(), name="limit")
        self._reaching = self._tasks.start(self._try_targets(targets), name="handoff")
        try:
            await asyncio.wait({self._reaching})
            return await self._finish(await self._how_it_ended(self._reaching))
        finally:
            # Nothing may outlive the handoff, not even if the job ends in the middle of it.
            self._reaching.cancel()
            await self._audio.fall_silent()
            self._summaries.stop()
            watching.cancel()
            limiting.cancel()
            await self._let_last_target_go()
            await self._tasks.finish(_CLEAN_UP_LIMIT_S)

    @property
    def announced(self) -> RoleName | None:
        """The target that the caller was told to wait for; None while they have heard of none."""
        return None if self._lines is None else self._row.row.target

    def cancel(self, *, by: str, reason: str) -> None:
        """Cancel the handoff. This has no effect once the target holds the call."""
        self._stop(NotHandedOver(HandoffState.CANCELLED, reason, by=by))

    def caller_left(self) -> None:
        """Abandon the handoff: nothing more is said, and no target takes over."""
        self.abandon(by=self._job, reason="the caller left")

    def abandon(self, *, by: str, reason: str) -> None:
        """End the handoff without a word to the caller."""
        self._stop(NotHandedOver(HandoffState.ABANDONED, reason, by=by))

    def row_moved(self) -> None:
        """Read the row again and obey it: somebody else may have moved it."""
        self._changes.look()

    def _stop_waiting(self, words: str) -> None:
        """Cancel the handoff, as the caller wants to stay with the model. `words`: its reply, if any."""
        self._stop(NotHandedOver(HandoffState.CANCELLED, _WAITS_NO_MORE, by=CALLER, words=words))

    def _stop(self, end: NotHandedOver) -> None:
        """End the handoff this way. Only the first call counts."""
        if self._stopped is None:
            self._stopped = end
            if self._reaching is not None:
                self._reaching.cancel()

    async def _try_targets(self, targets: Sequence[RoleName]) -> None:
        """Return when a target holds the call. Raises: NotHandedOver, the end of the last attempt."""
        ended = self._row.inherited
        summary = self._summaries.of(self._row.row)
        left = list(targets[: self._settings.attempts_per_handoff])
        while left and self._stopped is None:
            first, *others = left
            target = await self._row.begin_attempt(first, ended)  # the row first, then the act
            if target is None:
                break
            left = others if target == first else []
            summary = self._summaries.of(self._row.row)
            try:
                await self._hand_over_to(target, summary)
            except NotHandedOver as missed:
                ended = missed.outcome
                log.info("a target was not reached", extra={"outcome": ended.state, "target": target})
            else:
                return
            if (elsewhere := await self._redirection()) is not None:
                # An operator chose that target: the attempt has not failed, and no other target follows.
                ended = NotHandedOver(
                    HandoffState.CANCELLED, f"redirected to {elsewhere.target} by {elsewhere.by}"
                ).outcome
                left = [elsewhere.target]
                self._deadline.restart()
        if ended is None:
            raise NotHandedOver(HandoffState.FAILED, "no attempt could be recorded")
        raise NotHandedOver(ended.state, ended.reason)

    async def _hand_over_to(self, target: RoleName, summary: asyncio.Task[SummaryNote]) -> None:
        """Carry out an attempt that is in the row, until its target has the call. Raises: NotHandedOver."""
        self._changes.next_attempt()
        try:
            lines, limits = self._lines_for(target), self._limits_for(target)
        except BadInput as bad:  # an operator may name any role
            raise NotHandedOver(HandoffState.FAILED, str(bad)) from bad
        self._audio.hold(lines.hold if self._lines is None else lines.hold_instead)
        self._lines = lines
        self._deadline.allow(limits.handoff_limit_s - self._settings.handoff_limit_s)
        line, dispatch = self._call_target()
        briefed = asyncio.Event()
        limit_s = limits.take_over_limit_s
        async with together() as group:
            dispatched = group.create_task(see_dispatched(dispatch))
            tell_limit_s = limits.answer_limit_s + limit_s  # a target that screens answers first
            telling = group.create_task(tell_summary(line, summary, briefed, limit_s=tell_limit_s))
            redirected = group.create_task(self._see_redirected())
            waiting = group.create_task(self._company.keep(target))
            naming = group.create_task(self._name(target))
            await agree(line, briefed, limits)
            waiting.cancel()
            gone = group.create_task(line.gone())
            await self._approval(gone)
            self._audio.shorten_hold_line()
            await asyncio.wait({telling, gone}, return_when=asyncio.FIRST_COMPLETED)
            await self._audio.asked_to_hold()
            redirected.cancel()  # an introduction that has begun is spoken to its end
            named = naming.result() if naming.done() else ""
            naming.cancel()
            last_sound_at = await self._audio.introduce(named or lines.introducing(self._waited_ms))
            self._save_timings()
            if self._changes.redirection is not None:
                raise NotHandedOver(HandoffState.CANCELLED, "redirected")
            await take_over(line, self._asked(last_sound_at), gone, limit_s=limit_s)
            telling.cancel()
            gone.cancel()
            dispatched.cancel()

    async def _name(self, target: RoleName) -> str:
        return "" if self._introductions is None else await self._introductions(target)

    def _asked(self, last_sound_at: int) -> TakeOver:
        return TakeOver(
            handoff=self._row.row.id,
            last_sound_at=last_sound_at,
            on_hold_ms=self._audio.on_hold_until(last_sound_at),
            said=fitting(self._voice.unanswered()),
        )

    def _call_target(self) -> tuple[Line, asyncio.Task[str]]:
        """Open the private line and dispatch the target. Meanwhile, let the previous target go."""
        task = self._row.task(holder=self._holder, caller=self._caller)
        line = self._switchboard.open(task, self._brief(self._row.row))

        async def call() -> str:
            dispatch_id = await self._dispatcher.dispatch(task)
            self._write_queue.enqueue(lambda: self._store.note_dispatch(AttemptId(task.attempt), dispatch_id))
            return dispatch_id

        dispatch = self._tasks.start(call(), name="dispatch")
        previous, self._let_go = self._let_go, partial(let_target_go, line, dispatch, self._dispatcher)
        if previous is not None:
            self._tasks.start(previous(), name="let go")
        return line, dispatch

    async def _approval(self, gone: asyncio.Task[None]) -> None:
        """Wait for the operator's approval if the handoff needs one. Raises: NotHandedOver.

        The operator has a separate limit; the whole handoff's limit is paused meanwhile.
        """
        if self._row.row.completes is not Completes.OPERATOR:
            return
        limit_s = self._settings.approval_limit_s
        self._changes.look()  # the approval may be in the row already
        approved = asyncio.create_task(self._changes.approved(), name="approval")
        either: set[asyncio.Future[Any]] = {approved, gone}
        try:
            with self._deadline.paused():
                await asyncio.wait(either, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                raise NotHandedOver(HandoffState.FAILED, "left while it waited for approval")
            if not approved.done():
                raise NotHandedOver(HandoffState.FAILED, f"nobody approved it within {limit_s:g} s")
        finally:
            approved.cancel()

    async def _how_it_ended(self, reaching: asyncio.Task[None]) -> NotHandedOver | None:
        """Return how it ended; None: the target says it holds the call, which nobody can stop any more."""
        (result,) = await asyncio.gather(reaching, return_exceptions=True)
        if result is None:
            return None
        if self._stopped is not None:
            return self._stopped
        if isinstance(result, NotHandedOver):
            return result
        # Whatever broke, the caller must hear of it: this is the one exit.
        log.error("a handoff broke", exc_info=result)
        return NotHandedOver(HandoffState.FAILED, "something broke")

    async def _finish(self, end: NotHandedOver | None) -> Handoff:
        """Leave through the one exit: write the row first, then obey what it says."""
        row = await (
            self._row.completed() if end is None else self._row.end(end.outcome, end.by or self._job)
        )
        if row.state is HandoffState.COMPLETED:
            self._let_go = None
            await self._audio.fall_silent()
            return row
        async with asyncio.TaskGroup() as group:
            group.create_task(self._let_last_target_go())
            if row.state is HandoffState.ABANDONED or self._is_unheard_of(row):
                await self._audio.fall_silent()
                self._voice.open_ears()  # also for a caller who comes back
            else:
                lines = self._lines or self._lines_for(row.target)
                back = lines.back(row.state, "" if end is None else end.outcome.reason)
                words = end.words if end is not None and end.outcome.state is row.state else ""
                noted = lines.noted(row.state, self._row.why)
                await self._audio.go_back(words or back, happened=noted, answers=bool(words))
        self._save_timings()
        return row

    def _is_unheard_of(self, row: Handoff) -> bool:
        """Whether the caller knows nothing of the handoff: they did not ask for it or hear a hold line."""
        return self._lines is None and row.requested_by not in {MODEL, RULE}

    async def _let_last_target_go(self) -> None:
        let_go, self._let_go = self._let_go, None
        if let_go is not None:
            await let_go()

    @property
    def _waited_ms(self) -> int:
        """How long the caller has waited, including an operator's hold."""
        return self._held_before_ms + self._audio.on_hold_ms

    def _save_timings(self) -> None:
        """Queue the timings of what the caller heard from us; none if they heard nothing of the handoff."""
        if self._lines is None:
            return
        store, handoff_id, audio = self._store, self._row.row.id, self._audio
        timings = Timings(
            silence_ms=audio.longest_silence_ms, on_hold_ms=audio.on_hold_ms, music_ms=audio.music_ms
        )
        self._write_queue.enqueue(lambda: store.save_timings(handoff_id, timings))

    async def _redirection(self) -> Redirection | None:
        """Return the operator's redirection, read from the row: we may not have seen it yet."""
        row = await self._row.read()
        return self._changes.redirection if row is None else redirection_in(row)

    async def _see_redirected(self) -> None:
        await self._changes.redirected()
        raise NotHandedOver(HandoffState.CANCELLED, "redirected")

    async def _time_out(self) -> None:
        await self._deadline.passed()
        self._stop(NotHandedOver(HandoffState.FAILED, "took longer than a handoff is allowed to"))

    def _ended_by_others(self, row: Handoff) -> None:
        why = "an operator took it back" if row.state is HandoffState.CANCELLED else "somebody else ended it"
        self._stop(NotHandedOver(row.state, why))
        if row.state is not HandoffState.COMPLETED:  # else the target has the call
            self._tasks.start(self._let_last_target_go(), name="let go")
