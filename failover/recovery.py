"""Recovering calls whose agent has died: find them, mark them lost, get a replacement agent into the room.

Two workers may do all of this at the same time, and it may be repeated after a failure. One guarded write
decides which worker recovers a call, and another one which agent replaces the holder. Between the two the row
says `lost`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from errors import LineFailed, StaleHandoff, StoreError
from failover.heartbeat import ProcessExit
from failover.outage_log import OutageLog
from failover.policy import MINUTE_MS, HangUp, ReplaceHolder, recovery_action
from failover.redispatch import Redispatch
from failover.unclaimed_calls import UnclaimedCalls
from persistence.contract.workers import WorkerStore
from persistence.records import Call, CallEnd, CallId, Handoff, HandoffId, JobId, RoleName, Trouble, WorkerId
from settings import RecoverySettings
from tasks import BackgroundTasks
from transfer.livekit.server_api import ServerApi
from transfer.ports import Clock
from transfer.protocol import RecoverCall, agent_identity

log = logging.getLogger(__name__)

RECOVERY = "recovery"
"""The `part` of a Trouble row for a call that was lost too often, or that could not be recovered."""


_ANSWERS_WITHIN_S = 0.5
"""A living node answers within milliseconds. For a dead one livekit-server would answer after 3 s."""

_HEARD_WITHIN_MS = 3_000
"""A live holder hears of an operator's handoff within 250 ms and reports it. Otherwise it counts as lost."""

_BEGUN_WITHIN_MS = 45_000
"""How long a holder that has heard may take to begin. It may first finish what it says: the words after
another handoff take 3 to 8 s, a model's last words up to 40 s."""

_HEARD = "order_heard"


class RecoveryStore(WorkerStore, Protocol):
    """The part of the store that recovery uses."""

    async def note_trouble(self, trouble: Trouble) -> None: ...


def order_heard(handoff: HandoffId) -> dict[str, Any]:
    """What a holder tells its parent of a handoff that an operator has requested of it."""
    return {_HEARD: handoff}


@dataclass(frozen=True, slots=True)
class _Dispatched:
    """A replacement for the job `lost` was dispatched, for the `tries`th time, at `at` (ms UTC)."""

    lost: JobId
    at: int
    tries: int = 1


class Recovery:
    """One worker's. `alive` says whether a job's process runs on this worker and is still in its call."""

    def __init__(
        self,
        *,
        store: RecoveryStore,
        server: ServerApi,
        redispatch: Redispatch,
        clock: Clock,
        settings: RecoverySettings,
        departure_s: float,
        worker: WorkerId,
        alive: Callable[[JobId], bool],
        wait_on: Callable[[Call], None],
    ) -> None:
        """`wait_on` has a caller in line held by this worker's waiting room, in the same place."""
        self._store = store
        self._server = server
        self._redispatch = redispatch
        self._clock = clock
        self._settings = settings
        self._departure_ms = round(departure_s * 1000)
        self._worker = worker
        self._alive, self._wait_on = alive, wait_on
        self._tasks = BackgroundTasks()
        self._recovering: set[CallId] = set()
        self._outage = OutageLog(log, "lost calls not polled")
        self._dispatched: dict[CallId, _Dispatched] = {}
        self._unserved: set[CallId] = set()  # their rooms' nodes are dead
        self._ordered_since: dict[HandoffId, int] = {}  # ms UTC, by this worker's clock
        self._heard_at: dict[HandoffId, int] = {}  # the same
        self._unclaimed = UnclaimedCalls(
            store,
            server,
            redispatch,
            clock,
            times_a_minute=settings.recoveries_per_minute,
            limit_s=settings.recovery_limit_s,
        )

    def on_exit(self, process: ProcessExit) -> None:
        """Recover what this process held. Call it at once: the caller hears silence."""
        log.info(
            "process exited", extra={"job": process.job, "room": process.room, "cleanly": process.cleanly}
        )
        if not process.cleanly:
            self._tasks.start(self._unclaimed.answer_again(process), name="unclaimed call")
        self._tasks.start(self._recover_calls_of(process), name="recover calls of a process")

    def on_told(self, told: Mapping[str, Any]) -> bool:
        """Whether it was for us: a holder has heard of an operator's handoff."""
        if _HEARD not in told:
            return False
        self._heard_at[HandoffId(told[_HEARD])] = self._clock.now_ms()
        return True

    async def poll(self, *, orphans: bool) -> None:
        """Start recovering this worker's lost calls; `orphans`: those of expired workers, too."""
        try:
            stuck = await self._stuck_calls()
            ours = await self._store.open_calls_of(self._worker)
            calls = [call for call in ours if self._is_lost(call) or call.id in stuck]
            if orphans:
                calls += await self._store.orphaned_calls(but=self._worker)
        except StoreError as error:
            self._outage.failed(error)
            return
        self._outage.worked()
        self._dispatched = {
            call.id: self._dispatched[call.id] for call in calls if call.id in self._dispatched
        }
        self._unserved &= {call.id for call in calls}
        for call in calls:
            self._tasks.start(self._recover(call), name="recover a call")

    async def has_calls(self) -> bool:
        """Whether this worker still sees to an open call. False if the store does not answer."""
        try:
            return bool(await self._store.open_calls_of(self._worker))
        except StoreError as error:
            log.warning("open calls not read", extra={"error": str(error)})
            return False

    async def is_held_by(self, job: JobId) -> bool:
        """Whether this job holds an open call, and is not counted as lost."""
        return any(call.lost_at is None for call in await self._calls_held_by(job))

    async def stop(self) -> None:
        await self._tasks.cancel()

    def _is_lost(self, call: Call) -> bool:
        return call.lost_at is not None or not self._alive(call.holder_job)

    async def _stuck_calls(self) -> set[CallId]:
        """Calls whose holder has not begun a handoff that an operator requested."""
        now, ordered = self._clock.now_ms(), await self._store.ordered_handoffs(self._worker)
        self._ordered_since = {each.id: self._ordered_since.get(each.id, now) for each in ordered}
        self._heard_at = {each: at for each, at in self._heard_at.items() if now - at < _BEGUN_WITHIN_MS}
        late = {each: now - at >= _HEARD_WITHIN_MS for each, at in self._ordered_since.items()}
        return {each.call_id for each in ordered if late[each.id] and each.id not in self._heard_at}

    async def _recover_calls_of(self, process: ProcessExit) -> None:
        held = await self._calls_held_by(process.job)
        for call in held:
            await self._recover(call)
        # Not after `_recover`, which removes the agent itself: livekit-server may leave the second of two
        # removals unanswered (seen).
        if not held and not process.cleanly:
            # The agent may be a handoff's target: its holder sees it leave, and need not wait for a timeout.
            await self._remove_agent(process)

    async def _calls_held_by(self, job: JobId) -> list[Call]:
        try:
            return [call for call in await self._store.open_calls_of(self._worker) if call.holder_job == job]
        except StoreError as error:
            log.warning("calls of a process not read", extra={"job": job, "error": str(error)})
            return []

    async def _remove_agent(self, process: ProcessExit) -> None:
        try:
            await self._server.remove_participant(process.room, agent_identity(process.job))
        except LineFailed as error:
            log.warning("dead agent not removed", extra={"job": process.job, "error": str(error)})

    async def _recover(self, call: Call) -> None:
        """Never raises: the next poll repeats what fails now."""
        if call.id in self._recovering:
            return
        self._recovering.add(call.id)
        try:
            await self._replace_holder(await self._mark_lost(call))
        except StaleHandoff:
            log.info("call recovered elsewhere", extra={"call": call.id})
        except (StoreError, LineFailed) as error:
            log.warning("recovery failed for now", extra={"call": call.id, "error": str(error)})
        except Exception:  # one call's trouble must not stop the others' recovery
            log.exception("recovery failed for now", extra={"call": call.id})
        finally:
            self._recovering.discard(call.id)

    async def _mark_lost(self, call: Call) -> Call:
        """Record before acting. Raises: StaleHandoff (the call goes on, or another worker recovers it)."""
        if call.lost_at is not None and call.worker == self._worker:
            return call
        return await self._store.mark_lost(
            call.id, job=call.holder_job, of=call.worker, by=self._worker, at=self._clock.now_ms()
        )

    async def _replace_holder(self, call: Call) -> None:
        present = await self._present(call)
        lost_for_ms = self._lost_for_ms(call)
        if present is None:
            await self._close(call, call.left)
        elif call.caller not in present:
            if lost_for_ms >= self._departure_ms:
                await self._close(call, call.left)
        elif lost_for_ms >= self._settings.recovery_limit_s * 1000:
            await self._hang_up(call, "nobody came")
        elif not self._is_agent_coming(call):
            await self._dispatch(call)

    async def _present(self, call: Call) -> frozenset[str] | None:
        """The identities in the room, the lost holder removed; None: no such room.

        Where livekit-server's list is in doubt, the caller's node tells whether they are there (fault N1).
        Of a room whose node is dead it lists those who were there. Nobody is until somebody has reconnected,
        and an agent that came before them would be in a room of its own.
        """
        if call.id in self._unserved and not await self._caller_answers(call):
            return frozenset()
        # The old holder lives if only its worker has died. Two agents must never speak at once.
        removed, present = await asyncio.gather(
            self._server.remove_participant(call.room, agent_identity(call.holder_job)),
            self._server.present(call.room),
        )
        self._unserved.discard(call.id)
        if present is None or call.caller not in present:
            answers = await self._caller_answers(call)
            return frozenset({call.caller}) if answers else present
        if removed or await self._server.is_connected(call.room, call.caller):
            return present
        log.warning("a room's node is dead, waiting for its people", extra={"call": call.id})
        self._unserved.add(call.id)
        return frozenset()

    async def _caller_answers(self, call: Call) -> bool:
        """Whether the caller is connected, listed or not. Raises: LineFailed.

        Before the caller counts as gone, livekit-server's own word is waited for.
        """
        if self._lost_for_ms(call) >= self._departure_ms:
            return await self._server.is_connected(call.room, call.caller)
        with suppress(LineFailed):
            return await self._server.is_connected(call.room, call.caller, limit_s=_ANSWERS_WITHIN_S)
        return False

    def _lost_for_ms(self, call: Call) -> int:
        return self._clock.now_ms() - (call.lost_at or 0)

    def _is_agent_coming(self, call: Call) -> bool:
        """Whether an agent was dispatched for this loss so recently that it may still join."""
        latest = self._dispatched.get(call.id)
        if latest is None or latest.lost != call.holder_job:
            return False
        return self._clock.now_ms() - latest.at < self._settings.recover_limit_s * 1000

    async def _dispatch(self, call: Call) -> None:
        losses = await self._store.losses(call.id, since=self._clock.now_ms() - MINUTE_MS)
        fallback = self._settings.fallback_role
        action = recovery_action(
            call.holder_role,
            losses,
            recoveries=self._settings.recoveries_per_minute,
            fallback=RoleName(fallback) if fallback else None,
        )
        ordered = await self._ordered(call)
        if ordered is not None:
            # However often the lost role died, another one may live.
            action = ReplaceHolder(ordered.redirect_to or ordered.target)
        if isinstance(action, HangUp):
            await self._hang_up(call, "lost too often")
            return
        if ordered is None and (action.farewell or action.role != call.holder_role):
            await self._record_trouble(call, "lost too often")
        tries = self._count_try(call)
        if call.is_waiting and ordered is None and not action.farewell:
            self._wait_on(call)
            log.info("a caller in line is taken up again", extra={"call": call.id})
            return
        await self._redispatch(call.room, _task(call, action, ordered), tries)
        log.info("agent redispatched", extra={"call": call.id, "role": action.role, "losses": losses})

    async def _ordered(self, call: Call) -> Handoff | None:
        """The handoff that an operator requested of the lost holder, which did not begin it."""
        ordered = await self._store.ordered_handoffs(self._worker)
        return next((each for each in ordered if each.call_id == call.id), None)

    def _count_try(self, call: Call) -> int:
        """Count one more dispatch for this loss; returns how many there were before."""
        before = self._dispatched.get(call.id)
        tries = before.tries if before is not None and before.lost == call.holder_job else 0
        self._dispatched[call.id] = _Dispatched(call.holder_job, self._clock.now_ms(), tries + 1)
        return tries

    async def _hang_up(self, call: Call, why: str) -> None:
        await self._record_trouble(call, why)
        await self._close(call, CallEnd.FAILED)
        await self._server.delete_room(call.room)

    async def _close(self, call: Call, how: CallEnd) -> None:
        ended = await self._store.close_lost(call.id, how, by=self._worker, at=self._clock.now_ms())
        log.info("lost call closed", extra={"call": call.id, "how": how, "ended": ended})

    async def _record_trouble(self, call: Call, why: str) -> None:
        await self._store.note_trouble(Trouble(call.id, RECOVERY, why, self._clock.now_ms()))


def _task(call: Call, action: ReplaceHolder, ordered: Handoff | None) -> RecoverCall:
    return RecoverCall(
        role=action.role,
        call=call.id,
        lost=call.holder_job,
        caller=call.caller,
        handoff=ordered.id if ordered else None,
        farewell=action.farewell,
    )
