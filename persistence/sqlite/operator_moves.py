"""What operators ask, and who they are: `persistence.contract.operators`, each move one guarded statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from errors import StaleHandoff
from persistence.records import (
    CallId,
    Handoff,
    HandoffId,
    JobId,
    Operator,
    OperatorRequest,
    RequestId,
    RequestState,
    RoleName,
    Trouble,
)
from persistence.sqlite import operator_statements as sql
from persistence.sqlite.metrics import SqliteMetrics
from persistence.sqlite.rows import handoff_of, operator_of, request_of, trouble_of
from persistence.sqlite.writes import Writer


class SqliteOperatorMoves(SqliteMetrics):
    """The operators' half of the store. `_writer` is the store's one writer."""

    _writer: Writer

    async def add_request(self, request: OperatorRequest) -> OperatorRequest:
        row = await self._writer.changed(sql.ADD_REQUEST, asdict(request))
        if row is not None:
            return request_of(row)
        same = {"room": request.room, "idempotency_key": request.idempotency_key}
        if rows := await self._read(sql.SAME_REQUEST, same):
            return request_of(rows[0])
        raise StaleHandoff("the call is over")

    async def request(self, request_id: RequestId) -> OperatorRequest | None:
        rows = await self._read(sql.REQUEST, {"id": request_id})
        return request_of(rows[0]) if rows else None

    async def requests(
        self, call_id: CallId, *, state: RequestState | None = None
    ) -> Sequence[OperatorRequest]:
        rows = await self._read(sql.REQUESTS, {"call_id": call_id, "state": state})
        return [request_of(row) for row in rows]

    async def take_request(self, request_id: RequestId, job: JobId) -> OperatorRequest:
        return request_of(await self._writer.moved(sql.TAKE_REQUEST, {"id": request_id, "job": job}))

    async def end_request(
        self, request_id: RequestId, state: RequestState, *, reason: str | None, actor: str, at: int
    ) -> OperatorRequest:
        values = {"id": request_id, "state": state, "reason": reason, "actor": actor, "at": at}
        return request_of(await self._writer.moved(sql.END_REQUEST, values))

    async def approve_handoff(self, handoff_id: HandoffId, *, by: str, at: int) -> Handoff:
        values = {"id": handoff_id, "by": by, "at": at}
        return handoff_of(await self._writer.moved(sql.APPROVE_HANDOFF, values))

    async def redirect_handoff(self, handoff_id: HandoffId, target: RoleName, *, by: str, at: int) -> Handoff:
        values = {"id": handoff_id, "target": target, "by": by, "at": at}
        return handoff_of(await self._writer.moved(sql.REDIRECT_HANDOFF, values))

    async def note_trouble(self, trouble: Trouble) -> None:
        await self._writer.moved(sql.NOTE_TROUBLE, asdict(trouble))

    async def troubles(self, call_id: CallId) -> Sequence[Trouble]:
        return [trouble_of(row) for row in await self._read(sql.TROUBLES, {"call_id": call_id})]

    async def add_operator(self, operator: Operator) -> bool:
        return await self._writer.changed(sql.ADD_OPERATOR, asdict(operator)) is not None

    async def operator_of(self, token_hash: str) -> Operator | None:
        rows = await self._read(sql.OPERATOR_OF, {"token_hash": token_hash})
        return operator_of(rows[0]) if rows else None

    async def operators(self) -> Sequence[Operator]:
        return [operator_of(row) for row in await self._read(sql.OPERATORS, {})]

    async def revoke_operator(self, name: str, *, at: int) -> bool:
        return await self._writer.changed(sql.REVOKE_OPERATOR, {"name": name, "at": at}) is not None
