"""Leases, and calls that were lost: `persistence.contract.workers`, each move one guarded statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from persistence.records import Call, CallEnd, CallId, JobId, RoleName, Worker, WorkerId
from persistence.sqlite import worker_statements as sql
from persistence.sqlite.reads import SqliteReader
from persistence.sqlite.rows import call_of, worker_of
from persistence.sqlite.writes import Writer


class SqliteWorkerMoves(SqliteReader):
    """The workers' part of the store. `_writer` is the store's one writer."""

    _writer: Writer

    async def keep_lease(self, worker: Worker) -> None:
        await self._writer.moved(sql.KEEP_LEASE, asdict(worker))

    async def end_lease(self, worker: WorkerId, *, at: int) -> None:
        await self._writer.moved(sql.END_LEASE, {"id": worker, "at": at})

    async def workers(self) -> Sequence[Worker]:
        return [worker_of(row) for row in await self._read(sql.WORKERS, {})]

    async def open_calls_of(self, worker: WorkerId) -> Sequence[Call]:
        return [call_of(row) for row in await self._read(sql.OPEN_CALLS_OF, {"worker": worker})]

    async def calls_adrift(self, *, but: WorkerId, at: int) -> Sequence[Call]:
        return [call_of(row) for row in await self._read(sql.CALLS_ADRIFT, {"but": but, "at": at})]

    async def mark_lost(self, call_id: CallId, *, job: JobId, of: WorkerId, by: WorkerId, at: int) -> Call:
        values = {"id": call_id, "job": job, "of": of, "by": by, "at": at}
        return call_of(await self._writer.moved(sql.MARK_LOST, values))

    async def recover_call(
        self, call_id: CallId, *, job: JobId, by: JobId, role: RoleName, worker: WorkerId, at: int
    ) -> Call:
        values = {"id": call_id, "job": job, "by": by, "role": role, "worker": worker, "at": at}
        return call_of(await self._writer.moved(sql.RECOVER_CALL, values))

    async def close_lost(self, call_id: CallId, how: CallEnd, *, by: WorkerId, at: int) -> bool:
        values = {"id": call_id, "how": how, "by": by, "at": at}
        return await self._writer.changed(sql.CLOSE_LOST, values) is not None

    async def has_answered(self, room: str, job: JobId) -> bool:
        (row,) = await self._read(sql.HAS_ANSWERED, {"room": room, "job": job})
        return bool(row["has_answered"])

    async def losses(self, call_id: CallId, *, since: int) -> int:
        (row,) = await self._read(sql.LOSSES, {"id": call_id, "since": since})
        return int(row["losses"])
