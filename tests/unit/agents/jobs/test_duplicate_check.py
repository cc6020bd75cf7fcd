"""A job for a room whose call is open answers no caller whose call another agent is about to continue."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from livekit import api

from agents.jobs.duplicate_check import answered_already
from persistence.records import Call, CallEnd, CallId, JobId, RoleName, WorkerId
from persistence.write_queue import WriteQueue
from tests.support.memory_store import MemoryStore
from transfer.protocol import agent_identity

pytestmark = [pytest.mark.looptime, pytest.mark.fault("C1"), pytest.mark.fault("B11")]

CALL = Call(CallId("call"), "room", "caller", RoleName("front-desk"), JobId("away"), WorkerId("worker"), 0)
NEXT = JobId("next")
SOON_S, LATE_S = 3.0, 12.0
Kind = api.ParticipantInfo.Kind


@dataclass
class Server:
    """The room and its participants."""

    present: list[api.ParticipantInfo] = field(default_factory=list)
    store: MemoryStore = field(default_factory=MemoryStore)

    def enters(self, identity: str, kind: api.ParticipantInfo.Kind = Kind.STANDARD) -> None:
        hidden = api.ParticipantPermission(hidden=identity.startswith("listener"))
        self.present.append(api.ParticipantInfo(identity=identity, kind=kind, permission=hidden))

    async def participants(self, room: str, *, limit_s: float) -> Sequence[api.ParticipantInfo]:
        assert room == CALL.room
        return self.present

    async def is_answered_already(self) -> bool:
        await self.store.open_call(CALL)
        job = SimpleNamespace(id="mine", room=SimpleNamespace(name=CALL.room))
        ctx: Any = SimpleNamespace(job=job)
        process: Any = SimpleNamespace(write_queue=WriteQueue(), clock=SimpleNamespace(now_ms=lambda: 1))
        store: Any = self.store
        server: Any = self
        return await answered_already(ctx, process, store, server)

    async def ended_how(self) -> CallEnd | None:
        call = await self.store.call(CALL.id)
        assert call is not None
        return call.ended_how


def later(what: Callable[[], object], at_s: float = SOON_S) -> None:
    asyncio.get_running_loop().call_later(at_s, what)


async def test_caller_who_is_back_before_the_holder_is_left_to_it() -> None:
    server = Server()
    server.enters(CALL.caller)
    later(lambda: server.enters(agent_identity(CALL.holder_job), Kind.AGENT))
    assert await server.is_answered_already()
    assert await server.ended_how() is None


async def test_caller_whom_nobody_sees_yet_is_left_to_the_holder_as_well() -> None:
    server = Server()
    server.enters("listener-1")
    later(lambda: server.enters(CALL.caller), 1.0)
    later(lambda: server.enters(agent_identity(CALL.holder_job), Kind.AGENT))
    assert await server.is_answered_already()
    assert await server.ended_how() is None


async def test_caller_is_left_to_whoever_is_called_in_for_the_holder() -> None:
    server = Server()
    server.enters(CALL.caller)

    def goes_on() -> None:
        server.store.database.execute("UPDATE calls SET holder_job = 'next'")
        server.enters(agent_identity(NEXT), Kind.AGENT)

    later(goes_on)
    assert await server.is_answered_already()
    assert await server.ended_how() is None


async def test_caller_with_whom_nobody_goes_on_is_answered() -> None:
    server = Server()
    server.enters(CALL.caller)
    later(lambda: server.enters(agent_identity(CALL.holder_job), Kind.AGENT), LATE_S)
    assert not await server.is_answered_already()
    assert await server.ended_how() is CallEnd.FAILED


async def test_another_caller_is_answered_at_once() -> None:
    server, began_s = Server(), asyncio.get_running_loop().time()
    server.enters("somebody else")
    assert not await server.is_answered_already()
    assert asyncio.get_running_loop().time() - began_s < 1
    assert await server.ended_how() is CallEnd.FAILED
