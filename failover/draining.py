"""Draining a worker: calls that outlast the wait are handed to another worker, warm."""

from __future__ import annotations

import logging
import uuid

from errors import HandoffOpen, StoreError
from persistence.contract.store import Store
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
_ANY_NUMBER = 10_000  # BATON_HANDOFFS_PER_CALL does not limit the handoffs of a deployment
_GOODBYE_S = 12.0
"""How long before the limit the remaining callers hear goodbye."""


class Draining:
    """One worker's. Call `poll` repeatedly from the moment the worker drains."""

    def __init__(self, store: Store, clock: Clock, settings: WorkerSettings, worker: WorkerId) -> None:
        self._store, self._clock, self._settings, self._worker = store, clock, settings, worker
        self._begun_at: int | None = None
        self._handed_over: set[CallId] = set()
        self._told_goodbye: set[CallId] = set()

    async def poll(self) -> None:
        """Request handoffs, or goodbyes near the limit. The next poll repeats what fails now."""
        now = self._clock.now_ms()
        self._begun_at = now if self._begun_at is None else self._begun_at
        passed_s = (now - self._begun_at) / 1000
        limit_s = self._settings.drain_limit_s
        try:
            if passed_s >= max(limit_s - _GOODBYE_S, limit_s / 2):
                await self._say_goodbye()
            elif passed_s >= self._settings.hand_over_after_s and await self.another_worker_runs():
                await self._hand_over()
        except StoreError as error:
            log.warning("calls not drained", extra={"error": str(error)})

    async def another_worker_runs(self) -> bool:
        """Whether one takes calls now. Raises: StoreError."""
        return any(
            worker.id != self._worker and not worker.draining for worker in await self._store.living_workers()
        )

    async def _hand_over(self) -> None:
        for call in await self._store.open_calls_of(self._worker):
            if call.id in self._handed_over or call.lost_at is not None or call.is_waiting:
                continue
            try:
                await self._store.request_handoff(self._handoff(call), at_most=_ANY_NUMBER)
            except HandoffOpen:
                continue  # by the next poll it may be over, or with another worker
            self._handed_over.add(call.id)
            log.info("handoff to another worker requested", extra={"call": call.id})

    async def _say_goodbye(self) -> None:
        for call in await self._store.open_calls_of(self._worker):
            if call.id not in self._told_goodbye:
                await self._store.add_request(self._end(call))
                self._told_goodbye.add(call.id)
                log.info("goodbye requested", extra={"call": call.id})

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
