"""The target's side of a handoff: claim, join silently, answer, and take over with one guarded write."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from typing import TypeVar

from errors import LineFailed, StaleHandoff
from persistence.contract.handoffs import HandoffStore, Timings
from persistence.records import Handoff, JobId, WorkerId
from persistence.write_queue import WriteQueue
from settings import HandoffSettings
from tasks import Tasks
from transfer.ports import Clock, HolderLine, Stage
from transfer.protocol import Answer, Brief, SummaryNote, TakeHandoff, TakeOver
from transfer.target.claim import Claim

T = TypeVar("T")

log = logging.getLogger(__name__)

BEAT_MS = 250
"""Pause before the target speaks. The holder's last sound reaches the caller up to 100 ms late (measured),
up to 370 ms with four calls on two cores; without the pause both would talk at once."""


class NotOurs(Exception):
    """We leave, and another agent has the call. An outcome, not an error."""


class Target:
    """Answers one attempt. Made for one attempt, and run once."""

    def __init__(
        self,
        *,
        store: HandoffStore,
        stage: Stage,
        line: HolderLine,
        clock: Clock,
        settings: HandoffSettings,
        job: JobId,
        worker: WorkerId,
        write_queue: WriteQueue,
    ) -> None:
        """`job` and `worker` are ours."""
        self._store = store
        self._stage = stage
        self._line = line
        self._clock = clock
        self._settings = settings
        self._job = job
        self._worker = worker
        self._write_queue = write_queue
        self._tasks = Tasks()

    async def answer_attempt(self, task: TakeHandoff) -> bool:
        """Return True once we hold the call and are on air, False if we have left or never joined."""
        claim = Claim(self._store, self._write_queue, self._clock, task, self._job, self._worker)
        if not await claim.make(limit_s=self._settings.ready_limit_s):
            return False
        holding = False
        try:
            holding = await self._serve(claim, task)
        except (StaleHandoff, NotOurs) as why:
            log.info("leaving unheard", extra={"handoff": task.handoff, "why": str(why)})
        except (LineFailed, TimeoutError) as error:
            log.warning("leaving, the holder is silent", extra={"handoff": task.handoff, "why": str(error)})
        finally:
            try:
                await self._tasks.cancel()
            finally:
                if not holding:
                    await self._stage.leave()
        return holding

    async def _serve(self, claim: Claim, task: TakeHandoff) -> bool:
        released = self._tasks.start(self._line.released(), name="released")
        gone = self._tasks.start(self._line.holder_gone(), name="holder gone")
        approval_s = self._settings.approval_limit_s if claim.waits_for_approval else 0.0
        async with asyncio.timeout(self._settings.handoff_limit_s + approval_s):
            brief, summary = await self._unless(self._agree(task, gone), released, gone)
            await claim.accept()
            preparing = self._tasks.start(self._prepare(brief, summary), name="prepare")
            asked = await self._unless(self._called(task, gone), released)
        await self._take_over(claim, asked, preparing)
        return True

    async def _agree(
        self, task: TakeHandoff, gone: asyncio.Task[None]
    ) -> tuple[Brief, asyncio.Task[SummaryNote | None]]:
        """Join, get the brief, and decide. Raises: NotOurs (we decline); LineFailed."""
        await self._stage.join()
        async with asyncio.timeout(self._settings.ready_limit_s):
            brief = await self._line.ready()
        summary = self._tasks.start(self._summary(gone), name="summary")
        accepted, reason = await self._decide(brief, summary)
        if not accepted:
            await self._answer(task, accepted=False, reason=reason)
            raise NotOurs("declined")
        return brief, summary

    async def _decide(self, brief: Brief, summary: asyncio.Task[SummaryNote | None]) -> tuple[bool, str]:
        note = await asyncio.shield(summary) if self._stage.decides_on_summary else None
        try:
            async with asyncio.timeout(self._settings.answer_limit_s):
                return await self._stage.decide(brief, note)
        except TimeoutError:
            return False, "could not decide in time"

    async def _called(self, task: TakeHandoff, gone: asyncio.Task[None]) -> TakeOver | None:
        """Say yes, and wait until the holder calls. Returns None if the holder has left."""
        called = self._tasks.start(self._line.asked_to_take_over(), name="take over")
        saying = self._tasks.start(self._say_yes(task), name="yes")
        ends = {called, gone}
        await asyncio.wait({saying, *ends}, return_when=asyncio.FIRST_COMPLETED)
        if saying.done():
            await saying
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        return await called if called.done() else None

    async def _say_yes(self, task: TakeHandoff) -> None:
        try:
            await self._answer(task, accepted=True)
        except LineFailed as error:
            # The next event shows whether it arrived: a take-over, a release, or a holder that is gone.
            log.warning("the answer may not have arrived", extra={"error": str(error)})

    async def _take_over(self, claim: Claim, asked: TakeOver | None, preparing: asyncio.Task[None]) -> None:
        """Win the guarded write, then go on air. Raises: StaleHandoff; NotOurs (nobody would hear us)."""
        silent_since = self._clock.now_ms() if asked is None else asked.last_sound_at
        if not await self._stage.has_voice():
            self._line.reply_taken(taken=False)
            raise NotOurs("our voice is not in the room")
        try:
            row = await claim.complete()
        except StaleHandoff:
            self._line.reply_taken(taken=False)
            raise
        self._stage.open_ears()  # the holder's ears are closed already: no word may be lost
        self._line.reply_taken(taken=True)
        if asked is not None:
            since_ms = self._clock.now_ms() - asked.last_sound_at
            beat_ms = BEAT_MS - self._stage.soft_start_ms  # to the ear, the soft start is part of the pause
            await asyncio.sleep(max(0, beat_ms - max(0, since_ms)) / 1000)
        first_sound_at = await self._go_on_air(preparing, () if asked is None else asked.said)
        if first_sound_at is not None:
            timings = _timings(row, asked, silent_since=silent_since, first_sound_at=first_sound_at)
            claim.queue_timings(timings)

    async def _go_on_air(self, preparing: asyncio.Task[None], said: Sequence[str]) -> int | None:
        await asyncio.wait({preparing}, timeout=self._settings.introduction_limit_s)
        try:
            async with asyncio.timeout(self._settings.introduction_limit_s):
                return await self._stage.go_on_air(said)
        except Exception:  # whatever broke, the call is ours, and our job continues with the caller
            log.exception("the opening was not spoken")
            return None

    async def _prepare(self, brief: Brief, summary: asyncio.Task[SummaryNote | None]) -> None:
        await self._stage.begin(brief)  # the summary arrives meanwhile, or the holder dies
        try:
            await self._stage.prepare(brief, await summary)
        finally:
            self._line.reply_prepared()

    async def _summary(self, gone: asyncio.Task[None]) -> SummaryNote | None:
        """Return the summary, or None if it does not arrive in time or the holder is gone."""
        telling = self._tasks.start(self._line.summary(), name="told the summary")
        await asyncio.wait(
            {telling, gone},
            timeout=self._settings.summary_limit_s,
            return_when=asyncio.FIRST_COMPLETED,
        )
        return await telling if telling.done() else None

    async def _answer(self, task: TakeHandoff, *, accepted: bool, reason: str = "") -> None:
        async with asyncio.timeout(self._settings.answer_limit_s):
            await self._line.answer(Answer(attempt=task.attempt, accepted=accepted, reason=reason))

    async def _unless(self, work: Coroutine[object, object, T], *ends: asyncio.Task[None]) -> T:
        """The result of `work`, unless one of `ends` comes first. Raises: NotOurs, and what `work` raises."""
        working = self._tasks.start(work, name="answering")
        await asyncio.wait({working, *ends}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise NotOurs("released" if len(ends) == 1 or ends[0].done() else "the holder has gone")
        return await working


def _timings(
    row: Handoff | None, asked: TakeOver | None, *, silent_since: int, first_sound_at: int
) -> Timings:
    """Return the timings up to our first sound. `row`: the completed handoff; None: the store did not answer.

    Our first sound ends the hold. The holder sent how long it was, as its own write may come after ours.

    `asked`: None if the holder was lost. Then nobody knows what the caller heard from it.
    """
    silence_ms = max(0, first_sound_at - silent_since)
    return Timings(
        seam_ms=None if asked is None else first_sound_at - silent_since,
        silence_ms=silence_ms,
        on_hold_ms=None if asked is None or asked.on_hold_ms is None else asked.on_hold_ms + silence_ms,
        time_to_target_ms=None if row is None else max(0, first_sound_at - row.requested_at),
    )
