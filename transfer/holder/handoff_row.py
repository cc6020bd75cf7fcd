"""One handoff's row in the store, as its holder writes it: the attempts, and the one end."""

from __future__ import annotations

import asyncio
import logging
import uuid
from dataclasses import replace

from errors import StaleHandoff, StoreError
from persistence.contract.handoffs import HandoffStore, Outcome
from persistence.records import Attempt, AttemptId, Handoff, HandoffState, JobId, RoleName
from persistence.write_queue import WAIT_S, WriteQueue
from transfer.ports import Clock
from transfer.protocol import TakeHandoff

log = logging.getLogger(__name__)

_MOST_REDIRECTIONS = 5
"""Per attempt. If an operator redirects more often while one attempt begins, it is given up."""


class HandoffRow:
    """The handoff's row. While the store does not answer, the holder's own copy, `row`, counts."""

    def __init__(
        self, store: HandoffStore, write_queue: WriteQueue, clock: Clock, handoff: Handoff, *, actor: JobId
    ) -> None:
        self._store = store
        self._write_queue = write_queue
        self._clock = clock
        self._actor = actor
        self._ends: list[tuple[RoleName, Outcome]] = []
        self.row = handoff

    @property
    def inherited(self) -> Outcome | None:
        """The outcome of the attempt that a lost holder had begun, or None if it had begun none."""
        begun = self.row.state is not HandoffState.REQUESTED
        return Outcome(HandoffState.FAILED, "its holder was lost") if begun else None

    async def begin_attempt(self, target: RoleName, previous: Outcome | None) -> RoleName | None:
        """Commit the next attempt, with the end of the previous one.

        Returns its target, which differs from `target` if an operator has redirected the handoff meanwhile.
        Returns None if the attempt could not be committed: then nobody may act on it.
        """
        if previous is not None:
            self._ends.append((self.row.target, previous))
        for _ in range(_MOST_REDIRECTIONS):
            try:
                async with asyncio.timeout(WAIT_S):
                    self.row = await self._begin(target, previous)
            except (StoreError, TimeoutError) as error:
                wanted = await self._wanted_instead(target) if isinstance(error, StaleHandoff) else None
                if wanted is None:
                    log.warning(
                        "an attempt was not recorded", extra={"handoff": self.row.id, "error": str(error)}
                    )
                    break
                target = wanted
            else:
                return target
        # The write may still land: the end then counts for whichever attempt is current.
        self.row = replace(self.row, attempt_id=None)
        return None

    def task(self, *, holder: str, caller: str) -> TakeHandoff:
        """The dispatch metadata for the target of the current attempt."""
        assert self.row.attempt_id is not None, "an attempt is begun before it is acted on"
        return TakeHandoff(
            role=self.row.target,
            call=self.row.call_id,
            handoff=self.row.id,
            attempt=self.row.attempt_id,
            holder=holder,
            caller=caller,
        )

    async def end(self, ended: Outcome, actor: str) -> Handoff:
        """Write the end, unless somebody else has. Returns the ended row, no matter who wrote it."""
        # The target may have moved the row without our knowing. Then not every end is allowed, but failed is.
        for attempt_end in (ended, Outcome(HandoffState.FAILED, ended.reason)):
            try:
                row = await self._write_end(attempt_end, actor) or await self._read_end()
            except StaleHandoff:
                row = await self.read()
                if row is not None and not row.is_over:
                    continue
            return self._ended(row, attempt_end)
        log.error("cannot end the handoff: the row is no longer ours", extra={"handoff": self.row.id})
        return self._ended(None, ended)

    async def completed(self) -> Handoff:
        """Return the completed row; our own copy if the store has no completed row or cannot be read."""
        row = await self.read()
        if row is None or row.state is not HandoffState.COMPLETED:
            row = replace(self.row, state=HandoffState.COMPLETED, ended_at=self._clock.now_ms())
        return row

    async def read(self) -> Handoff | None:
        """The row, or None if the store does not answer."""
        try:
            async with asyncio.timeout(WAIT_S):
                return await self._store.handoff(self.row.id)
        except (StoreError, TimeoutError) as error:
            log.warning("the row was not read", extra={"handoff": self.row.id, "error": str(error)})
            return None

    @property
    def why(self) -> str:
        """How each attempt ended, such as "billing: declined (all lines are busy)"."""
        return "; ".join(f"{target}: {ended.state} ({ended.reason})" for target, ended in self._ends)

    async def _begin(self, target: RoleName, previous: Outcome | None) -> Handoff:
        attempt = Attempt(
            id=AttemptId(f"attempt-{uuid.uuid4().hex}"),
            handoff_id=self.row.id,
            target=target,
            started_at=self._clock.now_ms(),
        )
        return await self._store.begin_attempt(attempt, previous=previous, actor=self._actor)

    async def _wanted_instead(self, target: RoleName) -> RoleName | None:
        """Return the operator's new target, if that is why the store refused `target`; else None."""
        row = await self.read()
        if row is None or row.is_over or row.redirect_to == target:
            return None
        return row.redirect_to

    async def _read_end(self) -> Handoff | None:
        """Return the row if anybody has ended it. Our own write is queued, and may not be needed."""
        row = await self.read()
        return row if row is not None and row.is_over else None

    async def _write_end(self, ended: Outcome, actor: str) -> Handoff | None:
        row, at = self.row, self._clock.now_ms()
        return await self._write_queue.write(
            lambda: self._store.end_handoff(row.id, ended, attempt_id=row.attempt_id, actor=actor, at=at)
        )

    def _ended(self, row: Handoff | None, ended: Outcome) -> Handoff:
        self._ends.append((self.row.target, ended))
        if row is None:
            row = replace(self.row, state=ended.state, ended_at=self._clock.now_ms())
        self.row = row
        return row
