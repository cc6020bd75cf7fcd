"""Takes callers out of the line, in order, as soon as this worker has room for them."""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable, Sequence

from agents.admission.admission import Admission
from errors import StoreError
from failover.fleet_pace import pause_s
from failover.outage_log import OutageLog
from persistence.contract.workers import WorkerStore
from persistence.records import Call, Worker, WorkerId
from transfer.protocol import AdmitCall

log = logging.getLogger(__name__)

POLL_EVERY_S = 0.5

_TAKE_UP_AGAIN_S = 5.0
_START_AGAIN_S = 3.0
"""Pause before another agent is started for the same caller. A caller whose connection broke stays in line
for a while: every agent started for them in vain takes processor time from callers who talk."""
_NEARLY_FULL = 2
"""With room for this many calls or fewer, the waiting room is made ready."""


class LineKeeper:
    """Serves the line for one worker. All workers of a store share it: each takes callers from the front.

    Two workers may take the same caller: a guarded write decides, and the other takes the next one.
    """

    def __init__(
        self,
        store: WorkerStore,
        admission: Admission,
        worker: WorkerId,
        *,
        start: Callable[[str, str], Awaitable[None]],
        take_up: Callable[[Call], None],
        open_waiting_room: Callable[[], None],
        draining: Callable[[], bool],
        now: Callable[[], float],
    ) -> None:
        """`start` starts a job here, for a room and dispatch metadata. `now`: seconds, of a steady clock."""
        self._store, self._admission, self._worker = store, admission, worker
        self._start, self._take_up, self._open = start, take_up, open_waiting_room
        self._draining, self._now = draining, now
        self._taken_up: dict[str, float] = {}
        self._started: dict[str, float] = {}
        self._living: Sequence[Worker] = ()
        self._workers_from = -math.inf
        self._outage = OutageLog(log, "the line is not read")

    @property
    def workers(self) -> int:
        """How many workers are alive, as far as is known."""
        return len(self._living) or 1

    async def poll(self) -> None:
        """Read and serve the line once. Never raises: the next poll repeats what fails now."""
        try:
            line, now = await self._store.calls_in_line(), self._now()
            if now >= self._workers_from:
                self._living = await self._store.living_workers()
                self._workers_from = now + pause_s(POLL_EVERY_S, self.workers) - POLL_EVERY_S
            self._outage.worked()
            await self._serve(line, self._living)
        except StoreError as error:
            self._outage.failed(error)
        except Exception:  # callers in line must not wait until the worker restarts
            log.exception("the line was not served")

    async def _serve(self, line: Sequence[Call], workers: Sequence[Worker]) -> None:
        others = [worker for worker in workers if worker.id != self._worker]
        serving = [worker for worker in others if not worker.draining]
        self._admission.in_line = frozenset(call.room for call in line)
        self._admission.elsewhere = sum(worker.room_for for worker in serving)
        if self._draining():
            if not serving:  # nobody else takes them
                await self._admit(line)
            return
        if self._admission.capacity.room().calls <= _NEARLY_FULL:
            self._open()
        await self._admit(line)
        self._relieve(line, others)

    async def _admit(self, line: Sequence[Call]) -> None:
        capacity, now = self._admission.capacity, self._now()
        self._started = {call: at for call, at in self._started.items() if now - at < _START_AGAIN_S}
        for call in line:
            if capacity.holds(call.room) or call.lost_at is not None or call.id in self._started:
                continue
            if not capacity.room().calls:
                return
            capacity.coming(call.room)
            self._started[call.id] = now
            task = AdmitCall(role=call.holder_role, call=call.id, caller=call.caller)
            await self._start(call.room, task.model_dump_json())
            log.info("a caller is taken out of the line", extra={"call": call.id})

    def _relieve(self, line: Sequence[Call], others: Sequence[Worker]) -> None:
        """Take up the callers of draining workers, which then end sooner. Callers keep their places."""
        now, draining = self._now(), {worker.id for worker in others if worker.draining}
        self._taken_up = {call: at for call, at in self._taken_up.items() if now - at < _TAKE_UP_AGAIN_S}
        for call in line:
            if call.worker in draining and call.id not in self._taken_up:
                self._taken_up[call.id] = now
                self._take_up(call)
