"""An operator who writes into the store without a nudge: the holder must notice by polling."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

from clock import SystemClock
from persistence.contract.handoffs import Outcome
from persistence.contract.store import Store
from persistence.engines import open_store
from persistence.records import (
    Completes,
    Handoff,
    HandoffId,
    HandoffState,
    OperatorRequest,
    RequestId,
    RequestKind,
    RequestState,
    RoleName,
)
from tests.support.conversation import Conversation, until

NAME = "Ann"
_OVER = {RequestState.DONE, RequestState.FAILED}


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator of one conversation."""

    talk: Conversation
    store: Store

    async def asks(self, kind: RequestKind, words: str = "") -> OperatorRequest:
        call = await self.talk.call()
        return await self.store.add_request(
            OperatorRequest(
                id=RequestId(f"request-{uuid4().hex}"),
                call_id=call.id,
                room=call.room,
                kind=kind,
                words=words,
                requested_by=NAME,
                idempotency_key=uuid4().hex,
                requested_at=SystemClock().now_ms(),
            )
        )

    async def over(self, request: OperatorRequest) -> OperatorRequest:
        """Waits until a request is done or has failed, and returns its row."""

        async def look() -> OperatorRequest | None:
            row = await self.store.request(request.id)
            return row if row is not None and row.state in _OVER else None

        return await until(look, f"the end of a request to {request.kind}")

    async def has(self, kind: RequestKind, words: str = "") -> OperatorRequest:
        """Makes a request and waits until it is over."""
        return await self.over(await self.asks(kind, words))

    async def hands_over(
        self, target: str, *, completes: Completes = Completes.AUTO, note: str = ""
    ) -> Handoff:
        call = await self.talk.call()
        handoff = Handoff(
            id=HandoffId(f"handoff-{uuid4().hex}"),
            call_id=call.id,
            from_role=call.holder_role,
            from_job=call.holder_job,
            target=RoleName(target),
            reason="the queue is long",
            requested_by=NAME,
            idempotency_key=uuid4().hex,
            state=HandoffState.REQUESTED,
            requested_at=SystemClock().now_ms(),
            note=note,
            completes=completes,
        )
        return await self.store.request_handoff(handoff, at_most=5)

    async def takes_back(self, handoff: Handoff) -> int:
        """Cancels a handoff. Returns when, in ms UTC."""
        at = SystemClock().now_ms()
        ended = Outcome(HandoffState.CANCELLED, "a mistake")
        await self.store.end_handoff(handoff.id, ended, attempt_id=None, actor=NAME, at=at)
        return at

    async def holds(self) -> None:
        call = await self.talk.call()
        await self.store.hold_call(call.id, by=NAME, at=SystemClock().now_ms())

    async def resumes(self) -> None:
        call = await self.talk.call()
        await self.store.resume_call(call.id, by=NAME, at=SystemClock().now_ms())

    async def approves(self, handoff: Handoff) -> None:
        await self.store.approve_handoff(handoff.id, by=NAME, at=SystemClock().now_ms())

    async def redirects(self, handoff: Handoff, target: str) -> None:
        at = SystemClock().now_ms()
        await self.store.redirect_handoff(handoff.id, RoleName(target), by=NAME, at=at)


@asynccontextmanager
async def operator_of(talk: Conversation) -> AsyncIterator[Operator]:
    async with open_store(talk.stack.store) as store:
        yield Operator(talk, store)
