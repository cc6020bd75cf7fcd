"""Adopts operators' notes to a call's earlier holders, and closes those holders' unfinished requests."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection

from errors import StaleHandoff
from persistence.contract.store import Store
from persistence.records import CallId, HandoffState, JobId, OperatorRequest, RequestKind, RequestState
from persistence.retry import until_answered
from persistence.words import is_known
from transfer.ports import Clock

log = logging.getLogger(__name__)


class OperatorHistory:
    """`notes` are the notes already known, mostly from the brief; `add_note` adds one."""

    def __init__(
        self,
        store: Store,
        call: CallId,
        job: JobId,
        clock: Clock,
        *,
        notes: Collection[str],
        add_note: Callable[[str], Awaitable[None]],
    ) -> None:
        """`job` is this agent's job, which holds `call`."""
        self._store, self._call, self._job, self._clock = store, call, job, clock
        self._notes, self._add_note = notes, add_note

    async def load(self) -> None:
        """Read the history once, retrying until the store answers."""
        await until_answered(self._read, "earlier requests not read yet", call=self._call)

    async def _read(self) -> None:
        for handoff in await self._store.handoffs(call_id=self._call, state=HandoffState.COMPLETED):
            await self._remember(handoff.note)
        for request in await self._store.requests(self._call):
            if not is_known(request.kind):
                continue
            unfinished = request.state is RequestState.TAKEN and request.taken_by != self._job
            if request.kind is RequestKind.NOTE and (unfinished or request.state is RequestState.DONE):
                await self._remember(request.words)
            if unfinished:
                await self._close(request)

    async def _remember(self, note: str) -> None:
        if note and note not in self._notes:
            await self._add_note(note)

    async def _close(self, request: OperatorRequest) -> None:
        done = request.kind is RequestKind.NOTE
        try:
            await self._store.end_request(
                request.id,
                RequestState.DONE if done else RequestState.FAILED,
                reason=None if done else "the agent that was executing it is gone",
                actor=self._job,
                at=self._clock.now_ms(),
            )
        except StaleHandoff:
            log.info("request ended by its own agent", extra={"request": request.id})
