"""Workers, rooms and lost calls in memory, for tests of recovery under virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from livekit.api import ParticipantInfo

from errors import LineFailed, StoreError
from failover.heartbeat import ProcessExit
from failover.lease import Lease
from failover.recovery import Recovery
from persistence.records import Call, CallId, JobId, RoleName, WorkerId
from persistence.sql import calls
from persistence.sql.connection import Rows, Values
from persistence.sql.rows import call_of
from settings import RecoverySettings
from tests.support.fakes import LoopClock
from tests.support.memory_store import MemoryDatabase, MemoryStore
from transfer.livekit.server_api import ServerApi
from transfer.protocol import AnswerCall, RecoverCall

FRONT_DESK, NIGHT_DESK = RoleName("front-desk"), RoleName("night-desk")
HOLDER, CALL, ROOM, CALLER = JobId("job-0"), CallId("call-1"), "room-1", "caller-1"
FIRST, SECOND = WorkerId("worker-1"), WorkerId("worker-2")
SETTINGS = RecoverySettings.model_construct()
DEPARTURE_S = 18.0
POLL_EVERY_S = 0.5
_NOTICED_S = 3.0


class SlowDatabase(MemoryDatabase):
    """Takes 2 ms for each statement. While `down`, every statement fails."""

    down = False

    async def run(self, statement: str, values: Values) -> Rows:
        await asyncio.sleep(0.002)
        if self.down:
            raise StoreError("it does not answer")
        return self.execute(statement, values)


class FakeServer(ServerApi):
    """A server with one room. A redispatched agent joins by `arrive`. While `down`, every request fails.

    While `node_dead`, it still lists everyone who was there, and reports only after 3 s that nobody serves
    them.
    """

    def __init__(self) -> None:
        self.people: set[str] | None = {CALLER, f"agent-{HOLDER}"}
        self.redispatched: list[tuple[float, Any, int]] = []  # (loop time, task, tries before)
        self.removed: list[tuple[float, JobId]] = []
        self.closed = False
        self.down = False
        self.node_dead = False
        self.unlisted: set[str] = set()  # who is there but not listed
        self.arrive: Callable[[RecoverCall], Awaitable[None]] | None = None

    async def present(self, room: str) -> frozenset[str] | None:
        await self._answers()
        return None if self.people is None else frozenset(self.people)

    async def participants(self, room: str, *, limit_s: float = 3.0) -> list[ParticipantInfo]:
        await self._answers()
        kinds = ParticipantInfo.Kind
        return [
            ParticipantInfo(identity=who, kind=kinds.AGENT if who.startswith("agent-job") else kinds.STANDARD)
            for who in self.people or ()
        ]

    async def is_connected(self, room: str, identity: str, *, limit_s: float = 4.0) -> bool:
        await self._answers()
        if not self.node_dead and identity in (self.people or set()) | self.unlisted:
            return True
        await asyncio.sleep(min(limit_s, _NOTICED_S))
        if limit_s < _NOTICED_S:
            raise LineFailed("the server does not answer in time")
        return False

    async def remove_participant(self, room: str, identity: str) -> bool:
        await self._answers()
        if not await self._node_lives():
            return False
        self.removed.append((asyncio.get_running_loop().time(), JobId(identity.removeprefix("agent-"))))
        if self.people is not None:
            self.people.discard(identity)
        return True

    async def redispatch(self, room: str, task: AnswerCall | RecoverCall, tries: int) -> None:
        """`failover.redispatch.Redispatch`."""
        await self._answers()
        self.redispatched.append((asyncio.get_running_loop().time(), task, tries))
        if self.arrive is not None and isinstance(task, RecoverCall):
            await self.arrive(task)

    async def delete_room(self, room: str) -> None:
        await self._answers()
        self.people, self.closed = None, True

    async def _node_lives(self) -> bool:
        if self.node_dead:
            await asyncio.sleep(_NOTICED_S)
            return False
        return True

    async def _answers(self) -> None:
        await asyncio.sleep(0.003)
        if self.down:
            raise LineFailed("the server does not answer")


class RecoveryWorld:
    """One call, one room, and as many workers as a test starts. `living` names the jobs that are alive."""

    def __init__(self, settings: RecoverySettings = SETTINGS) -> None:
        self.clock = LoopClock()
        self.database = SlowDatabase(self.clock.now_ms)
        self.store = MemoryStore(database=self.database)
        self.server = FakeServer()
        self.server.arrive = self.come
        self.living = {HOLDER}
        self.coming = True
        self._settings = settings
        self._jobs = 0
        self.waited_on: list[Call] = []  # calls in line that a worker has its waiting room continue
        now = self.clock.now_ms()
        self.database.execute(
            calls.OPEN_CALL.sqlite, calls.opening(Call(CALL, ROOM, CALLER, FRONT_DESK, HOLDER, FIRST, now))
        )

    @property
    def call(self) -> Call:
        (row,) = self.database.execute(calls.CALL, {"id": CALL})
        return call_of(row)

    @property
    def losses(self) -> int:
        """How often the call has been lost so far."""
        return len(self.database.execute("SELECT 1 FROM events WHERE moved_to = 'lost'"))

    @property
    def troubles(self) -> list[tuple[str, str]]:
        """(part, error), in the order in which they were recorded."""
        return [
            (row["part"], row["error"])
            for row in self.database.execute("SELECT * FROM troubles ORDER BY seq")
        ]

    def worker(self, worker: WorkerId = FIRST) -> WorkerInMemory:
        return WorkerInMemory(self, worker, self._settings)

    async def come(self, task: RecoverCall) -> None:
        """Let a new job recover the call, unless the test has set `coming` to False."""
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
        """Let the holder's process die; its worker learns of it immediately."""
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
            wait_on=world.waited_on.append,
        )
        self.lease = Lease(
            world.store, world.clock, worker, "host", lease_s=settings.lease_s, draining=lambda: False
        )
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


@asynccontextmanager
async def begun() -> AsyncIterator[tuple[RecoveryWorld, WorkerInMemory]]:
    """A world, and the call's worker, whose lease is about a second old."""
    world = RecoveryWorld()
    worker = world.worker().start()
    await asyncio.sleep(1.1)
    yield world, worker
    await worker.killed()
