"""What can be done to the store: `persistence.contract.handoffs.Store`, each move one guarded statement."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path

from errors import HandoffOpen, HandoffsSpent, StaleHandoff, StoreRefused
from persistence.contract.handoffs import Outcome, Store
from persistence.records import (
    Attempt,
    AttemptId,
    Call,
    CallEnd,
    CallId,
    Handoff,
    HandoffId,
    JobId,
    SummarySource,
    Turn,
    WorkerId,
)
from persistence.sqlite import statements as sql
from persistence.sqlite.lasting import Lasting, lasting
from persistence.sqlite.operator_moves import SqliteOperatorMoves
from persistence.sqlite.rows import call_of, handoff_of, turn_of
from persistence.sqlite.worker_moves import SqliteWorkerMoves
from persistence.sqlite.writes import Writer

_TRIES = 3
"""An insert that met a row which was gone when it was looked at is tried again, so often."""


class SqliteStore(SqliteOperatorMoves, SqliteWorkerMoves):
    """Two connections: one writes, one reads. Reading is not held up by a write that waits for its turn."""

    def __init__(self, writing: Lasting, reading: Lasting) -> None:
        self._writer = Writer(writing)
        super().__init__(reading, before=self._writer.settled)

    async def open_call(self, call: Call) -> Call:
        for _ in range(_TRIES):
            row = await self._writer.changed(sql.OPEN_CALL, asdict(call))
            opened = call_of(row) if row else await self.open_call_in(call.room)
            if opened:
                return opened
        raise StoreRefused("a call with this id has ended already")

    async def end_call(self, call_id: CallId, how: CallEnd, *, job: JobId, at: int) -> bool:
        values = {"id": call_id, "how": how, "job": job, "at": at}
        return await self._writer.changed(sql.END_CALL, values) is not None

    async def append_turn(
        self, call_id: CallId, speaker: str, text: str, *, started_at: int, ended_at: int
    ) -> Turn:
        values = {
            "call_id": call_id,
            "speaker": speaker,
            "text": text,
            "started_at": started_at,
            "ended_at": ended_at,
        }
        if row := await self._writer.changed(sql.APPEND_TURN, values):
            return turn_of(row)
        (same,) = await self._read(sql.SAME_TURN, values)
        return turn_of(same)

    async def request_handoff(self, handoff: Handoff, *, at_most: int) -> Handoff:
        values = {**asdict(handoff), "at_most": at_most}
        for _ in range(_TRIES):
            row = await self._writer.changed(sql.REQUEST_HANDOFF, values)
            requested = handoff_of(row) if row else await self._same_request(handoff, at_most)
            if requested:
                return requested
        raise StaleHandoff("a handoff with this id exists already")

    async def _same_request(self, handoff: Handoff, at_most: int) -> Handoff | None:
        """The first row of this idempotency key; None when nothing is in the way any more. Raises why not."""
        (why,) = await self._read(sql.WHY_NOT_REQUESTED, {**asdict(handoff), "at_most": at_most})
        if why["same"]:
            return await self.handoff(HandoffId(why["same"]))
        if not why["held"]:
            raise StaleHandoff("the call is over, or has another holder")
        if why["open"]:
            raise HandoffOpen(why["open"])
        if why["spent"]:
            raise HandoffsSpent(f"the call has had {at_most} handoffs")
        return None

    async def begin_attempt(self, attempt: Attempt, *, previous: Outcome | None, actor: JobId) -> Handoff:
        values = {
            "id": attempt.id,
            "handoff_id": attempt.handoff_id,
            "target": attempt.target,
            "started_at": attempt.started_at,
            "outcome": previous.state if previous else None,
            "reason": previous.reason if previous else None,
            "actor": actor,
        }
        return handoff_of(await self._writer.moved(sql.BEGIN_ATTEMPT, values))

    async def note_dispatch(self, attempt_id: AttemptId, dispatch_id: str) -> None:
        await self._writer.moved(sql.NOTE_DISPATCH, {"id": attempt_id, "dispatch_id": dispatch_id})

    async def claim_attempt(
        self, handoff_id: HandoffId, attempt_id: AttemptId, job: JobId, *, worker: WorkerId, at: int
    ) -> Handoff:
        values = {"id": handoff_id, "attempt_id": attempt_id, "job": job, "worker": worker, "at": at}
        return handoff_of(await self._writer.moved(sql.CLAIM_ATTEMPT, values))

    async def accept(self, handoff_id: HandoffId, attempt_id: AttemptId, job: JobId, *, at: int) -> Handoff:
        return await self._step(sql.ACCEPT, handoff_id, attempt_id, job, at)

    async def complete(self, handoff_id: HandoffId, attempt_id: AttemptId, job: JobId, *, at: int) -> Handoff:
        return await self._step(sql.COMPLETE, handoff_id, attempt_id, job, at)

    async def _step(
        self, statement: str, handoff_id: HandoffId, attempt_id: AttemptId, job: JobId, at: int
    ) -> Handoff:
        values = {"id": handoff_id, "attempt_id": attempt_id, "job": job, "at": at}
        return handoff_of(await self._writer.moved(statement, values))

    async def end_handoff(
        self,
        handoff_id: HandoffId,
        ended: Outcome,
        *,
        attempt_id: AttemptId | None,
        actor: str,
        at: int,
    ) -> Handoff:
        values = {
            "id": handoff_id,
            "outcome": ended.state,
            "reason": ended.reason,
            "attempt_id": attempt_id,
            "actor": actor,
            "at": at,
        }
        return handoff_of(await self._writer.moved(sql.END_HANDOFF, values))

    async def save_summary(self, handoff_id: HandoffId, summary: str, source: SummarySource) -> None:
        values = {"id": handoff_id, "summary": summary, "source": source}
        await self._writer.moved(sql.SAVE_SUMMARY, values)

    async def save_timings(
        self, handoff_id: HandoffId, *, seam_ms: int | None, silence_ms: int | None
    ) -> None:
        values = {"id": handoff_id, "seam_ms": seam_ms, "silence_ms": silence_ms}
        await self._writer.moved(sql.SAVE_TIMINGS, values)


@asynccontextmanager
async def open_store(path: Path, *, read_only: bool = False, patient: bool = False) -> AsyncIterator[Store]:
    """The store at `path`, which `migrate` has made. Open it in the process that uses it, after any fork.

    Leaving it waits for what is being written. Who is `patient` gets a store also where none can be opened
    now: each of its methods tries, and raises StoreUnusable for as long as it cannot. Raises: StoreUnusable.
    """
    async with (
        lasting(path, query_only=read_only, patient=patient) as writing,
        lasting(path, query_only=True, patient=patient) as reading,
    ):
        yield SqliteStore(writing, reading)
