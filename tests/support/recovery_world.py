"""Workers, rooms and lost calls in memory, for tests of recovery under virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from errors import LineFailed, StaleHandoff, StoreError
from failover.heartbeat import ProcessExit
from failover.lease import Lease
from failover.recovery import Recovery
from persistence.records import Call, CallEnd, CallId, JobId, RoleName, Trouble, Worker, WorkerId
from settings import RecoverySettings
from tests.support.fakes import LoopClock
from transfer.livekit.server_api import ServerApi
from transfer.protocol import AnswerCall, RecoverCall

FRONT_DESK, NIGHT_DESK = RoleName("front-desk"), RoleName("night-desk")
HOLDER, CALL, ROOM, CALLER = JobId("job-0"), CallId("call-1"), "room-1", "caller-1"
FIRST, SECOND = WorkerId("worker-1"), WorkerId("worker-2")
SETTINGS = RecoverySettings.model_construct()
DEPARTURE_S = 18.0
POLL_EVERY_S = 0.5


class MemoryRecoveryStore:
    """`failover.recovery.RecoveryStore`, with the real store's guards. While `down`, every request fails."""

    def __init__(self, clock: LoopClock) -> None:
        self._clock = clock
        self.rows: dict[CallId, Call] = {}
        self.leases: dict[WorkerId, Worker] = {}
        self.lost_at: list[tuple[CallId, int]] = []
        self.troubles: list[Trouble] = []
        self.answered: set[JobId] = {HOLDER}
        self.down = False

    async def keep_lease(self, worker: Worker) -> None:
        await self._answers()
        self.leases[worker.id] = worker

    async def end_lease(self, worker: WorkerId, *, at: int) -> None:
        await self._answers()
        self.leases[worker] = replace(self.leases[worker], lease_until=at)

    async def workers(self) -> Sequence[Worker]:
        return list(self.leases.values())

    async def open_calls_of(self, worker: WorkerId) -> Sequence[Call]:
        await self._answers()
        return [call for call in self.rows.values() if call.ended_at is None and call.worker == worker]

    async def calls_adrift(self, *, but: WorkerId, at: int) -> Sequence[Call]:
        await self._answers()
        return [
            call
            for call in self.rows.values()
            if call.ended_at is None and call.worker != but and not self._has_lease(call.worker, at)
        ]

    async def mark_lost(self, call_id: CallId, *, job: JobId, of: WorkerId, by: WorkerId, at: int) -> Call:
        await self._answers()
        call = self.rows[call_id]
        free = call.lost_at is None if of == by else not self._has_lease(of, at)
        if call.ended_at is not None or (call.holder_job, call.worker) != (job, of) or not free:
            raise StaleHandoff
        self.lost_at.append((call_id, at))
        self.rows[call_id] = replace(call, lost_at=at, worker=by)
        return self.rows[call_id]

    async def recover_call(
        self, call_id: CallId, *, job: JobId, by: JobId, role: RoleName, worker: WorkerId, at: int
    ) -> Call:
        await self._answers()
        call = self.rows[call_id]
        if call.ended_at is not None or call.holder_job != job or call.lost_at is None:
            raise StaleHandoff
        self.rows[call_id] = replace(call, holder_job=by, holder_role=role, worker=worker, lost_at=None)
        return self.rows[call_id]

    async def close_lost(self, call_id: CallId, how: CallEnd, *, by: WorkerId, at: int) -> bool:
        await self._answers()
        call = self.rows[call_id]
        if call.ended_at is not None or call.lost_at is None or call.worker != by:
            return False
        self.rows[call_id] = replace(call, ended_at=at, ended_how=how)
        return True

    async def has_answered(self, room: str, job: JobId) -> bool:
        await self._answers()
        return job in self.answered

    async def losses(self, call_id: CallId, *, since: int) -> int:
        await self._answers()
        return sum(lost == call_id and at >= since for lost, at in self.lost_at)

    async def note_trouble(self, trouble: Trouble) -> None:
        self.troubles.append(trouble)

    def _has_lease(self, worker: WorkerId, at: int) -> bool:
        return worker in self.leases and self.leases[worker].lease_until >= at

    async def _answers(self) -> None:
        await asyncio.sleep(0.002)
        if self.down:
            raise StoreError("it does not answer")


class FakeServer(ServerApi):
    """One room. A redispatched agent joins by `arrive`. While `down`, every request fails."""

    def __init__(self) -> None:
        self.people: set[str] | None = {CALLER, f"agent-{HOLDER}"}
        self.redispatched: list[tuple[float, Any, int]] = []  # (loop time, task, tries before)
        self.removed: list[tuple[float, JobId]] = []
        self.closed = False
        self.down = False
        self.arrive: Callable[[RecoverCall], Awaitable[None]] | None = None

    async def present(self, room: str) -> frozenset[str] | None:
        await self._answers()
        return None if self.people is None else frozenset(self.people)

    async def remove_participant(self, room: str, identity: str) -> None:
        await self._answers()
        self.removed.append((asyncio.get_running_loop().time(), JobId(identity.removeprefix("agent-"))))
        if self.people is not None:
            self.people.discard(identity)

    async def redispatch(self, room: str, task: AnswerCall | RecoverCall, tries: int) -> None:
        """`failover.redispatch.Redispatch`."""
        await self._answers()
        self.redispatched.append((asyncio.get_running_loop().time(), task, tries))
        if self.arrive is not None and isinstance(task, RecoverCall):
            await self.arrive(task)

    async def delete_room(self, room: str) -> None:
        await self._answers()
        self.people, self.closed = None, True

    async def _answers(self) -> None:
        await asyncio.sleep(0.003)
        if self.down:
            raise LineFailed("the server does not answer")


class RecoveryWorld:
    """One call, one room, and as many workers as a test starts. `living` names the jobs that are alive."""

    def __init__(self, settings: RecoverySettings = SETTINGS) -> None:
        self.clock = LoopClock()
        self.store = MemoryRecoveryStore(self.clock)
        self.server = FakeServer()
        self.server.arrive = self.come
        self.living = {HOLDER}
        self.coming = True
        self._settings = settings
        self._jobs = 0
        now = self.clock.now_ms()
        self.store.rows[CALL] = Call(CALL, ROOM, CALLER, FRONT_DESK, HOLDER, FIRST, now)

    @property
    def call(self) -> Call:
        return self.store.rows[CALL]

    def worker(self, worker: WorkerId = FIRST) -> WorkerInMemory:
        return WorkerInMemory(self, worker, self._settings)

    async def come(self, task: RecoverCall) -> None:
        """A new job recovers the call, unless the test has set `coming` to False."""
        if not self.coming:
            return
        self._jobs += 1
        job = JobId(f"job-{self._jobs}")
        self.living.add(job)
        await self.store.recover_call(
            CALL,
            job=JobId(task.lost),
            by=job,
            role=RoleName(task.role),
            worker=self.call.worker,
            at=self.clock.now_ms(),
        )

    def dies(self, worker: WorkerInMemory) -> None:
        """The holder's process dies, and its worker hears of it at once."""
        job = self.call.holder_job
        self.living.discard(job)
        worker.recovery.on_exit(ProcessExit(job, ROOM, cleanly=False))


class WorkerInMemory:
    """A worker's parent: its lease and its polling, from `start` until `killed`."""

    def __init__(self, world: RecoveryWorld, worker: WorkerId, settings: RecoverySettings) -> None:
        self.recovery = Recovery(
            store=world.store,
            server=world.server,
            redispatch=world.server.redispatch,
            clock=world.clock,
            settings=settings,
            departure_s=DEPARTURE_S,
            worker=worker,
            alive=world.living.__contains__,
        )
        row = Worker(worker, "host", world.clock.now_ms(), lease_until=0)
        self.lease = Lease(world.store, world.clock, row, lease_s=settings.lease_s, draining=lambda: False)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> WorkerInMemory:
        self._tasks = [asyncio.create_task(self.lease.keep_renewed()), asyncio.create_task(self._poll())]
        return self

    async def killed(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.recovery.stop()

    async def _poll(self) -> None:
        while True:
            await self.recovery.poll(orphans=self.lease.may_expire_others())
            await asyncio.sleep(POLL_EVERY_S)
