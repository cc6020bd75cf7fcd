"""A worker that is told to end: calls that go on for long are handed to another one, warm."""

from __future__ import annotations

import logging
import uuid
from typing import Protocol

from errors import HandoffOpen, StoreError
from persistence.contract.handoffs import HandoffStore
from persistence.contract.operators import RequestStore
from persistence.contract.workers import WorkerStore
from persistence.records import (
    DEPLOY,
    Call,
    CallId,
    Handoff,
    HandoffId,
    HandoffState,
    OperatorRequest,
    RequestId,
    RequestKind,
    WorkerId,
)
from settings import WorkerSettings
from transfer.ports import Clock

log = logging.getLogger(__name__)

REASON = "the worker ends"
_ANY_NUMBER = 10_000  # what a rule does is not what a call may ask for
_GOODBYE_S = 12.0
"""Before the limit: for those who are still there then, and whom nobody else takes."""


class DrainedCalls(HandoffStore, RequestStore, WorkerStore, Protocol):
    """What is needed of a store."""


class Draining:
    """One worker's. `look` is called again and again, from the moment that it drains."""

    def __init__(self, store: DrainedCalls, clock: Clock, settings: WorkerSettings, worker: WorkerId) -> None:
        self._store, self._clock, self._settings, self._worker = store, clock, settings, worker
        self._begun_at: int | None = None
        self._handed_over: set[CallId] = set()
        self._let_go: set[CallId] = set()

    async def look(self) -> None:
        """Ask the holders of calls that are too long; what fails now is tried at the next look."""
        now = self._clock.now_ms()
        self._begun_at = now if self._begun_at is None else self._begun_at
        passed_s = (now - self._begun_at) / 1000
        limit_s = self._settings.drain_limit_s
        try:
            if passed_s >= max(limit_s - _GOODBYE_S, limit_s / 2):
                await self._say_goodbye()
            elif passed_s >= self._settings.hand_over_after_s and await self._another_runs(now):
                await self._hand_over()
        except StoreError as error:
            log.warning("calls wait for their end", extra={"error": str(error)})

    async def _another_runs(self, now: int) -> bool:
        return any(
            worker.id != self._worker and worker.lease_until >= now and not worker.draining
            for worker in await self._store.workers()
        )

    async def _hand_over(self) -> None:
        for call in await self._store.open_calls_of(self._worker):
            if call.id in self._handed_over or call.lost_at is not None:
                continue
            try:
                await self._store.request_handoff(self._handoff(call), at_most=_ANY_NUMBER)
            except HandoffOpen:
                continue  # it may be over, or with another worker, at the next look
            self._handed_over.add(call.id)
            log.info("a call is to go on with another worker", extra={"call": call.id})

    async def _say_goodbye(self) -> None:
        for call in await self._store.open_calls_of(self._worker):
            if call.id not in self._let_go:
                await self._store.add_request(self._end(call))
                self._let_go.add(call.id)
                log.info("a call ends with its worker", extra={"call": call.id})

    def _handoff(self, call: Call) -> Handoff:
        return Handoff(
            id=HandoffId(f"handoff-{uuid.uuid4().hex}"),
            call_id=call.id,
            from_role=call.holder_role,
            from_job=call.holder_job,
            target=call.holder_role,
            reason=REASON,
            requested_by=DEPLOY,
            idempotency_key=f"{self._worker} {call.holder_job}",
            state=HandoffState.REQUESTED,
            requested_at=self._clock.now_ms(),
        )

    def _end(self, call: Call) -> OperatorRequest:
        return OperatorRequest(
            id=RequestId(f"request-{uuid.uuid4().hex}"),
            call_id=call.id,
            room=call.room,
            kind=RequestKind.END,
            words="",
            requested_by=DEPLOY,
            idempotency_key=f"{self._worker} {call.id}",
            requested_at=self._clock.now_ms(),
        )
