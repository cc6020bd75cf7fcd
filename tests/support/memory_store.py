"""A store in memory, with the guards of the real one, for tests that run under virtual time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from errors import HandoffOpen, HandoffsSpent, StaleHandoff
from persistence.contract.handoffs import Cursor, Outcome
from persistence.records import (
    Attempt,
    AttemptId,
    Call,
    CallEnd,
    CallId,
    Completes,
    Event,
    Handoff,
    HandoffId,
    HandoffState,
    JobId,
    RoleName,
    SummarySource,
    Turn,
    WorkerId,
)
from tests.support.memory_requests import MemoryRequests
from transfer.states import TERMINAL, may_move

Step = Callable[[str], Awaitable[None]]


class MemoryStore(MemoryRequests):
    """`HandoffStore` and `RequestStore`. `step` is awaited at each access to a handoff, with its method."""

    def __init__(self, step: Step) -> None:
        super().__init__(step)
        self._turns: list[Turn] = []
        self._attempts: dict[AttemptId, Attempt] = {}
        self._events: list[Event] = []

    async def open_call(self, call: Call) -> Call:
        self._calls[call.id] = call
        return call

    async def call(self, call_id: CallId) -> Call | None:
        return self._calls.get(call_id)

    async def open_call_in(self, room: str) -> Call | None:
        return next((call for call in self._calls.values() if call.room == room and not call.ended_at), None)

    async def calls(
        self, *, is_open: bool | None = None, after: Cursor | None = None, limit: int = 50
    ) -> Sequence[Call]:
        assert after is None, "pages are the real store's"
        found = [call for call in self._calls.values() if is_open in {None, call.ended_at is None}]
        return found[::-1][:limit]

    async def end_call(self, call_id: CallId, how: CallEnd, *, job: JobId, at: int) -> bool:
        call = self._calls[call_id]
        if call.ended_at is not None or call.holder_job != job:
            return False
        self._calls[call_id] = replace(call, ended_at=at, ended_how=how)
        for handoff in await self.handoffs(call_id=call_id):
            if handoff.state not in TERMINAL:
                self._end(handoff, Outcome(HandoffState.ABANDONED, f"the call ended: {how}"), job, at)
        return True

    async def append_turn(
        self, call_id: CallId, speaker: str, text: str, *, started_at: int, ended_at: int
    ) -> Turn:
        for same in self._turns:
            if (same.call_id, same.speaker, same.text, same.started_at) == (
                call_id,
                speaker,
                text,
                started_at,
            ):
                return same
        turn = Turn(call_id, len(self._turns) + 1, speaker, text, started_at, ended_at)
        self._turns.append(turn)
        return turn

    async def turns(self, call_id: CallId, *, last: int | None = None) -> Sequence[Turn]:
        found = [turn for turn in self._turns if turn.call_id == call_id]
        return found if last is None else found[-last:]

    async def request_handoff(self, handoff: Handoff, *, at_most: int) -> Handoff:
        others = await self.handoffs(call_id=handoff.call_id)
        for other in others:
            if other.idempotency_key == handoff.idempotency_key:
                return other
            if other.state not in TERMINAL:
                raise HandoffOpen(other.id)
        if len(others) >= at_most:
            raise HandoffsSpent
        self._handoffs[handoff.id] = handoff
        self.marked += 1
        self._record(handoff, None, handoff.requested_by, handoff.requested_at)
        return handoff

    async def begin_attempt(self, attempt: Attempt, *, previous: Outcome | None, actor: JobId) -> Handoff:
        await self._step("begin_attempt")
        handoff = self._guarded(attempt.handoff_id, HandoffState.DISPATCHING)
        if (handoff.state is HandoffState.REQUESTED) != (previous is None):
            raise StaleHandoff
        if handoff.redirect_to not in {None, attempt.target}:
            raise StaleHandoff
        if previous is not None and handoff.attempt_id is not None:
            self._end_attempt(handoff.attempt_id, previous, attempt.started_at)
        self._attempts[attempt.id] = attempt
        moved = replace(
            handoff,
            from_job=actor,
            attempt_id=attempt.id,
            target=attempt.target,
            target_job=None,
            accepted_at=None,
            approved_by=None,
            redirect_to=None,
        )
        return self._move(moved, HandoffState.DISPATCHING, actor, attempt.started_at)

    async def note_dispatch(self, attempt_id: AttemptId, dispatch_id: str) -> None:
        await self._step("note_dispatch")
        self._attempts[attempt_id] = replace(self._attempts[attempt_id], dispatch_id=dispatch_id)

    async def claim_attempt(
        self, handoff_id: HandoffId, attempt_id: AttemptId, job: JobId, *, worker: WorkerId, at: int
    ) -> Handoff:
        await self._step("claim_attempt")
        handoff = self._guarded(handoff_id, HandoffState.BRIEFING, attempt_id)
        self._attempts[attempt_id] = replace(self._attempts[attempt_id], job=job, claimed_at=at)
        moved = replace(handoff, target_job=job, target_worker=worker)
        return self._move(moved, HandoffState.BRIEFING, job, at)

    async def accept(self, handoff_id: HandoffId, attempt_id: AttemptId, job: JobId, *, at: int) -> Handoff:
        await self._step("accept")
        handoff = self._guarded(handoff_id, HandoffState.ACCEPTED, attempt_id, job)
        self._attempts[attempt_id] = replace(self._attempts[attempt_id], accepted_at=at)
        return self._move(replace(handoff, accepted_at=at), HandoffState.ACCEPTED, job, at)

    async def complete(self, handoff_id: HandoffId, attempt_id: AttemptId, job: JobId, *, at: int) -> Handoff:
        await self._step("complete")
        handoff = self._guarded(handoff_id, HandoffState.COMPLETED, attempt_id, job)
        call = self._calls[handoff.call_id]
        if call.ended_at is not None or call.holder_job != handoff.from_job:
            raise StaleHandoff
        approved = handoff.completes is Completes.AUTO or handoff.approved_by is not None
        if handoff.redirect_to is not None or not approved:
            raise StaleHandoff
        self._calls[call.id] = replace(call, holder_role=handoff.target, holder_job=job)
        self._end_attempt(attempt_id, Outcome(HandoffState.COMPLETED, ""), at)
        return self._move(replace(handoff, ended_at=at), HandoffState.COMPLETED, job, at)

    async def end_handoff(
        self, handoff_id: HandoffId, ended: Outcome, *, attempt_id: AttemptId | None, actor: str, at: int
    ) -> Handoff:
        await self._step("end_handoff")
        handoff = self._guarded(handoff_id, ended.state, attempt_id)
        if ended.state is HandoffState.COMPLETED:
            raise StaleHandoff
        return self._end(handoff, ended, actor, at)

    async def save_summary(self, handoff_id: HandoffId, summary: str, source: SummarySource) -> None:
        await self._step("save_summary")
        row = self._handoffs[handoff_id]
        self._handoffs[handoff_id] = replace(row, summary=summary, summary_source=source)

    async def save_timings(
        self, handoff_id: HandoffId, *, seam_ms: int | None, silence_ms: int | None
    ) -> None:
        await self._step("save_timings")
        row = self._handoffs[handoff_id]
        self._handoffs[handoff_id] = replace(
            row,
            seam_ms=row.seam_ms if seam_ms is None else seam_ms,
            silence_ms=row.silence_ms if silence_ms is None else silence_ms,
        )

    async def handoff(self, handoff_id: HandoffId) -> Handoff | None:
        await self._step("handoff")
        return self._handoffs.get(handoff_id)

    async def handoffs(
        self,
        *,
        call_id: CallId | None = None,
        state: HandoffState | None = None,
        role: RoleName | None = None,
        since: int | None = None,
        until: int | None = None,
        after: Cursor | None = None,
        limit: int = 50,
    ) -> Sequence[Handoff]:
        assert (since, until, after) == (None, None, None), "pages are the real store's"
        found = [
            handoff
            for handoff in self._handoffs.values()
            if call_id in {None, handoff.call_id}
            and state in {None, handoff.state}
            and role in {None, handoff.from_role, handoff.target}
        ]
        return found[::-1][:limit]

    async def attempts(self, handoff_id: HandoffId) -> Sequence[Attempt]:
        return [attempt for attempt in self._attempts.values() if attempt.handoff_id == handoff_id]

    async def events(
        self, *, call_id: CallId | None = None, after: int = 0, limit: int | None = None
    ) -> Sequence[Event]:
        return [event for event in self._events if event.id > after][:limit]

    def _guarded(
        self,
        handoff_id: HandoffId,
        to: HandoffState,
        attempt_id: AttemptId | None = None,
        job: JobId | None = None,
    ) -> Handoff:
        handoff = self._handoffs[handoff_id]
        if (
            not may_move(handoff.state, to)
            or attempt_id not in {None, handoff.attempt_id}
            or job not in {None, handoff.target_job}
        ):
            raise StaleHandoff
        return handoff

    def _end(self, handoff: Handoff, ended: Outcome, actor: str, at: int) -> Handoff:
        if handoff.attempt_id is not None:
            self._end_attempt(handoff.attempt_id, ended, at)
        return self._move(replace(handoff, ended_at=at), ended.state, actor, at)

    def _end_attempt(self, attempt_id: AttemptId, ended: Outcome, at: int) -> None:
        row = self._attempts[attempt_id]
        self._attempts[attempt_id] = replace(row, ended_at=at, outcome=ended.state, reason=ended.reason)

    def _move(self, handoff: Handoff, to: HandoffState, actor: str, at: int) -> Handoff:
        moved = replace(handoff, state=to)
        self.marked += 1
        self._handoffs[handoff.id] = moved
        self._record(moved, handoff.state, actor, at)
        return moved

    def _record(self, handoff: Handoff, moved_from: HandoffState | None, actor: str, at: int) -> None:
        event = Event(
            len(self._events) + 1,
            handoff.call_id,
            handoff.id,
            "handoff",
            moved_from,
            handoff.state,
            actor,
            at,
        )
        self._events.append(event)
