"""The operators' half of the store in memory, with the guards of the real one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from errors import StaleHandoff
from persistence.records import (
    Call,
    CallId,
    Completes,
    Handoff,
    HandoffId,
    HandoffState,
    JobId,
    OperatorRequest,
    RequestId,
    RequestState,
    RoleName,
    Trouble,
)
from transfer.states import TERMINAL

_OPEN = {RequestState.REQUESTED, RequestState.TAKEN}


class MemoryRequests:
    """`persistence.contract.operators.RequestStore`. Its rows are those of the whole store."""

    def __init__(self, step: Callable[[str], Awaitable[None]]) -> None:
        self._step = step
        self._calls: dict[CallId, Call] = {}
        self._handoffs: dict[HandoffId, Handoff] = {}
        self._requests: dict[RequestId, OperatorRequest] = {}
        self._troubles: list[Trouble] = []
        self.marked = 0

    async def change_mark(self) -> int:
        await self._step("change_mark")
        return self.marked

    async def add_request(self, request: OperatorRequest) -> OperatorRequest:
        self.marked += 1
        return self._requests.setdefault(request.id, request)

    async def request(self, request_id: RequestId) -> OperatorRequest | None:
        return self._requests.get(request_id)

    async def requests(
        self, call_id: CallId, *, state: RequestState | None = None
    ) -> Sequence[OperatorRequest]:
        await self._step("requests")
        return [
            row for row in self._requests.values() if row.call_id == call_id and state in {None, row.state}
        ]

    async def take_request(self, request_id: RequestId, job: JobId) -> OperatorRequest:
        await self._step("take_request")
        row = self._requests[request_id]
        call = self._calls[row.call_id] if row.call_id else None
        if row.state is not RequestState.REQUESTED or call is None:
            raise StaleHandoff
        if call.ended_at is not None or call.holder_job != job:
            raise StaleHandoff
        return self._put(replace(row, state=RequestState.TAKEN, taken_by=job))

    async def end_request(
        self, request_id: RequestId, state: RequestState, *, reason: str | None, actor: str, at: int
    ) -> OperatorRequest:
        await self._step("end_request")
        row = self._requests[request_id]
        if row.state not in _OPEN:
            raise StaleHandoff
        return self._put(replace(row, state=state, reason=reason, ended_at=at))

    async def approve_handoff(self, handoff_id: HandoffId, *, by: str, at: int) -> Handoff:
        row = self._handoffs[handoff_id]
        waits = row.state is HandoffState.ACCEPTED and row.completes is Completes.OPERATOR
        if not waits or row.approved_by is not None or row.redirect_to is not None:
            raise StaleHandoff
        return self._changed(replace(row, approved_by=by))

    async def redirect_handoff(self, handoff_id: HandoffId, target: RoleName, *, by: str, at: int) -> Handoff:
        row = self._handoffs[handoff_id]
        if row.state in TERMINAL or (row.redirect_to or row.target) == target:
            raise StaleHandoff
        return self._changed(replace(row, redirect_to=target, redirected_by=by))

    async def note_trouble(self, trouble: Trouble) -> None:
        await self._step("note_trouble")
        self._troubles.append(trouble)

    async def troubles(self, call_id: CallId) -> Sequence[Trouble]:
        return [trouble for trouble in self._troubles if trouble.call_id == call_id]

    def _put(self, row: OperatorRequest) -> OperatorRequest:
        self.marked += 1
        self._requests[row.id] = row
        return row

    def _changed(self, row: Handoff) -> Handoff:
        self.marked += 1
        self._handoffs[row.id] = row
        return row
