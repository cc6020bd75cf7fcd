"""Calls whose agent has died: found, written down, and given to somebody who goes on with them.

Everything here may be done twice, by two workers, or again after a failure: each call has one guarded write
that says whose it is to see to, and one that says who goes on with it. Between the two the row says `lost`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from errors import LineFailed, StaleHandoff, StoreError
from failover.heartbeat import Gone
from failover.policy import MINUTE_MS, GoOn, HangUp, remedy
from failover.redispatch import Redispatch
from failover.unclaimed_calls import UnclaimedCalls
from persistence.contract.workers import WorkerStore
from persistence.records import Call, CallEnd, CallId, JobId, RoleName, Trouble, WorkerId
from settings import RecoverySettings
from tasks import Background
from transfer.livekit.server_api import ServerApi
from transfer.ports import Clock
from transfer.protocol import RecoverCall, agent_identity

log = logging.getLogger(__name__)

RECOVERY = "recovery"
"""The part that a trouble of a call names, where it was lost too often or could not be gone on with."""


class LostCalls(WorkerStore, Protocol):
    """What is needed of a store."""

    async def note_trouble(self, trouble: Trouble) -> None: ...


@dataclass(frozen=True, slots=True)
class _Asked:
    """Somebody was called in, in place of `lost`; `tries` times so far."""

    lost: JobId
    at: int
    tries: int = 1


class Recovery:
    """One worker's. `alive` says of a job whether its process is on this worker, and there for its call."""

    def __init__(
        self,
        *,
        store: LostCalls,
        server: ServerApi,
        redispatch: Redispatch,
        clock: Clock,
        settings: RecoverySettings,
        departure_s: float,
        worker: WorkerId,
        alive: Callable[[JobId], bool],
    ) -> None:
        self._store = store
        self._server = server
        self._redispatch = redispatch
        self._clock = clock
        self._settings = settings
        self._departure_ms = round(departure_s * 1000)
        self._worker = worker
        self._alive = alive
        self._tasks = Background()
        self._seeing_to: set[CallId] = set()
        self._asked: dict[CallId, _Asked] = {}
        self._unanswered = UnclaimedCalls(
            store, server, redispatch, clock, times_a_minute=settings.recoveries_per_minute
        )

    def gone(self, gone: Gone) -> None:
        """A job's process has gone. To be told at once: a caller hears nothing."""
        log.info("a process has gone", extra={"job": gone.job, "room": gone.room, "cleanly": gone.cleanly})
        if not gone.cleanly:
            self._tasks.start(self._unanswered.see_to(gone), name="unanswered")
        self._tasks.start(self._see_to_the_dead(gone), name="see to the dead")

    async def look(self, *, adrift: bool) -> None:
        """See to every call that needs it; `adrift`: those of other workers, too, whose lease has ended."""
        try:
            calls = [call for call in await self._store.open_calls_of(self._worker) if self._needs(call)]
            if adrift:
                calls += await self._store.calls_adrift(but=self._worker, at=self._clock.now_ms())
        except StoreError as error:
            log.warning("calls were not looked through", extra={"error": str(error)})
            return
        self._asked = {call.id: self._asked[call.id] for call in calls if call.id in self._asked}
        for call in calls:
            self._tasks.start(self._see_to(call), name="see to a call")

    async def stop(self) -> None:
        await self._tasks.cancel()

    def _needs(self, call: Call) -> bool:
        return call.lost_at is not None or not self._alive(call.holder_job)

    async def _see_to_the_dead(self, gone: Gone) -> None:
        """It is removed once: livekit-server can leave a second one at once unanswered (seen)."""
        held = await self._held_by(gone.job)
        for call in held:
            await self._see_to(call)
        if not held and not gone.cleanly:
            # Also a target: its holder sees it go, and waits for no limit.
            await self._see_out(gone)

    async def _held_by(self, job: JobId) -> list[Call]:
        try:
            return [call for call in await self._store.open_calls_of(self._worker) if call.holder_job == job]
        except StoreError as error:
            log.warning("the calls of a dead process were not read", extra={"job": job, "error": str(error)})
            return []

    async def _see_out(self, gone: Gone) -> None:
        try:
            await self._server.remove_participant(gone.room, agent_identity(gone.job))
        except LineFailed as error:
            log.warning("a dead agent was not removed", extra={"job": gone.job, "error": str(error)})

    async def _see_to(self, call: Call) -> None:
        """Never raises: what fails now is done at the next look."""
        if call.id in self._seeing_to:
            return
        self._seeing_to.add(call.id)
        try:
            await self._find_somebody(await self._lost(call))
        except StaleHandoff:
            log.info("somebody else sees to this call", extra={"call": call.id})
        except (StoreError, LineFailed) as error:
            log.warning("a lost call waits", extra={"call": call.id, "error": str(error)})
        except Exception:  # one call's trouble is not the others'
            log.exception("a lost call waits", extra={"call": call.id})
        finally:
            self._seeing_to.discard(call.id)

    async def _lost(self, call: Call) -> Call:
        """Record before acting. Raises: StaleHandoff, where it goes on, or another worker sees to it."""
        if call.lost_at is not None and call.worker == self._worker:
            return call
        return await self._store.mark_lost(
            call.id, job=call.holder_job, of=call.worker, by=self._worker, at=self._clock.now_ms()
        )

    async def _find_somebody(self, call: Call) -> None:
        # It may live, where only its worker has died: two must never talk at once.
        _, present = await asyncio.gather(
            self._server.remove_participant(call.room, agent_identity(call.holder_job)),
            self._server.present(call.room),
        )
        lost_for_ms = self._clock.now_ms() - (call.lost_at or 0)
        if present is None:
            await self._close(call, CallEnd.CALLER_LEFT)
        elif call.caller not in present:
            if lost_for_ms >= self._departure_ms:
                await self._close(call, CallEnd.CALLER_LEFT)
        elif lost_for_ms >= self._settings.recovery_limit_s * 1000:
            await self._hang_up(call, "nobody came")
        elif not self._is_asked(call):
            await self._ask(call)

    def _is_asked(self, call: Call) -> bool:
        """Whether somebody was called in for this loss, and may still come."""
        asked = self._asked.get(call.id)
        if asked is None or asked.lost != call.holder_job:
            return False
        return self._clock.now_ms() - asked.at < self._settings.recover_limit_s * 1000

    async def _ask(self, call: Call) -> None:
        losses = await self._store.losses(call.id, since=self._clock.now_ms() - MINUTE_MS)
        fallback = self._settings.fallback_role
        todo = remedy(
            call.holder_role,
            losses,
            recoveries=self._settings.recoveries_per_minute,
            fallback=RoleName(fallback) if fallback else None,
        )
        if isinstance(todo, HangUp):
            await self._hang_up(call, "lost too often")
            return
        if todo.farewell or todo.role != call.holder_role:
            await self._note(call, "lost too often")
        tries = self._count_try(call)
        await self._redispatch(call.room, _task(call, todo), tries)
        log.info("somebody is called in", extra={"call": call.id, "role": todo.role, "losses": losses})

    def _count_try(self, call: Call) -> int:
        """Returns how often somebody was called in before, for this loss."""
        before = self._asked.get(call.id)
        tries = before.tries if before is not None and before.lost == call.holder_job else 0
        self._asked[call.id] = _Asked(call.holder_job, self._clock.now_ms(), tries + 1)
        return tries

    async def _hang_up(self, call: Call, why: str) -> None:
        await self._note(call, why)
        await self._close(call, CallEnd.FAILED)
        await self._server.delete_room(call.room)

    async def _close(self, call: Call, how: CallEnd) -> None:
        ended = await self._store.close_lost(call.id, how, by=self._worker, at=self._clock.now_ms())
        log.info("a lost call is over", extra={"call": call.id, "how": how, "ended": ended})

    async def _note(self, call: Call, why: str) -> None:
        await self._store.note_trouble(Trouble(call.id, RECOVERY, why, self._clock.now_ms()))


def _task(call: Call, todo: GoOn) -> RecoverCall:
    return RecoverCall(
        role=todo.role,
        call=call.id,
        lost=call.holder_job,
        caller=call.caller,
        farewell=todo.farewell,
    )
