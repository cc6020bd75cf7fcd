"""What operators asked of earlier holders of a call: notes are known, and nothing is left open."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection

from errors import StaleHandoff, StoreError
from persistence.contract.handoffs import CallStore
from persistence.records import (
    CallId,
    HandoffState,
    JobId,
    OperatorRequest,
    RequestKind,
    RequestState,
)
from transfer.ports import Clock

log = logging.getLogger(__name__)

_STORE_AGAIN_S = 1.0


class OperatorHistory:
    """`notes` are those known already, mostly from the brief; `know` takes in one more."""

    def __init__(
        self,
        store: CallStore,
        call: CallId,
        job: JobId,
        clock: Clock,
        *,
        notes: Collection[str],
        know: Callable[[str], Awaitable[None]],
    ) -> None:
        """`job` is ours, and holds `call`."""
        self._store, self._call, self._job, self._clock = store, call, job, clock
        self._notes, self._know = notes, know

    async def run(self) -> None:
        """Look back once. A store that does not answer is asked again."""
        while True:
            try:
                await self._look_back()
            except StoreError as error:
                log.warning("earlier requests not read", extra={"call": self._call, "error": str(error)})
                await asyncio.sleep(_STORE_AGAIN_S)
            else:
                return

    async def _look_back(self) -> None:
        for handoff in await self._store.handoffs(call_id=self._call, state=HandoffState.COMPLETED):
            await self._known(handoff.note)
        for request in await self._store.requests(self._call):
            begun = request.state is RequestState.TAKEN and request.taken_by != self._job
            if request.kind is RequestKind.NOTE and (begun or request.state is RequestState.DONE):
                await self._known(request.words)
            if begun:
                await self._close(request)

    async def _known(self, note: str) -> None:
        if note and note not in self._notes:
            await self._know(note)

    async def _close(self, request: OperatorRequest) -> None:
        done = request.kind is RequestKind.NOTE
        try:
            await self._store.end_request(
                request.id,
                RequestState.DONE if done else RequestState.FAILED,
                reason=None if done else "the agent that was at it is gone",
                actor=self._job,
                at=self._clock.now_ms(),
            )
        except StaleHandoff:
            log.info("a request was ended by the agent that had it", extra={"request": request.id})
