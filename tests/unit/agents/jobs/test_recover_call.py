"""Who continues a lost call; that the caller's last words are answered, with the role's tools."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit.agents import JobContext

from agents.call.active_call import ActiveCall
from agents.jobs import recover_call as module
from agents.jobs.recover_call import _reply, recover_call
from agents.process.process_context import ProcessContext
from agents.roster.role import Role
from persistence.people import Offer
from persistence.records import CALLER, Call, JobId, WorkerId
from tests.unit.agents.call.person.second_floor import BEN, BILLS, CALL, CARE, open_floor
from transfer.protocol import RecoverCall

pytestmark = pytest.mark.looptime


@dataclass
class Recovered:
    """A call whose MCP server lists its tools after a second. `replied_at`: each reply's time in s."""

    said: list[str] = field(default_factory=lambda: [CALLER])
    replied_at: list[float] = field(default_factory=list)

    async def answered(self) -> None:
        call = SimpleNamespace(
            turns=self, tool_servers=self, session=SimpleNamespace(generate_reply=self._reply)
        )
        await _reply(cast(ActiveCall, call))

    @property
    def turns(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(speaker=speaker) for speaker in self.said]

    async def asked(self, *, limit_s: float) -> None:
        await asyncio.sleep(min(1.0, limit_s))

    def _reply(self) -> None:
        self.replied_at.append(asyncio.get_running_loop().time())


async def test_the_reply_has_the_tools_of_servers_also_when_the_line_is_over_sooner() -> None:
    call, began = Recovered(), asyncio.get_running_loop().time()
    answering = asyncio.create_task(call.answered())
    await asyncio.sleep(0.5)
    call.said.append("booking")  # the recovery's line
    await answering
    assert [at - began for at in call.replied_at] == pytest.approx([1.0], abs=0.05)


async def test_a_caller_who_speaks_meanwhile_is_answered_once() -> None:
    call = Recovered()
    answering = asyncio.create_task(call.answered())
    await asyncio.sleep(0.5)
    call.said.append(CALLER)
    await answering
    assert call.replied_at == []


@pytest.mark.parametrize("leaves", ["before the agent is called in", "while it comes", "not at all"])
async def test_of_two_persons_whose_agent_is_lost_the_one_who_has_the_caller_is_bridged_in_their_own_role(
    monkeypatch: pytest.MonkeyPatch, leaves: str
) -> None:
    recovered: list[tuple[str, str, str]] = []
    seconds: list[str] = []

    async def recover_talk(*of: Any, lost: str) -> None:
        role, row, offer = cast(tuple[Role, Call, Offer], of[3:6])
        recovered.append((role.id, row.holder_role, offer.person))
        seconds.extend(other.role for other in of[6:])

    monkeypatch.setattr(module, "recover_talk", recover_talk)
    async with open_floor(monkeypatch) as floor:
        await floor.asks()
        await floor.joins()
        worker, at = WorkerId("w"), floor.clock.now_ms()
        lost = await floor.store.mark_lost(CALL, job=JobId("job"), of=worker, by=worker, at=at)
        if leaves == "before the agent is called in":
            await floor.has_left(floor.mia.offer)
            row = await floor.store.call(CALL)
            assert row is not None
            lost = row
        task = RecoverCall(role=lost.holder_role, call=CALL, lost="job", caller="caller")
        if leaves == "while it comes":
            await floor.has_left(floor.mia.offer)
        roles = {name: SimpleNamespace(id=name, desk="a desk") for name in (CARE, BILLS)}
        process = SimpleNamespace(
            roster=SimpleNamespace(roles=roles),
            settings=SimpleNamespace(recovery=SimpleNamespace(fallback_role=None)),
            parent=SimpleNamespace(worker=worker),
            clock=floor.clock,
        )
        ctx = cast(JobContext, SimpleNamespace(job=SimpleNamespace(id="next")))
        await recover_call(ctx, cast(ProcessContext, process), floor.store, task)
    assert recovered == [(CARE, CARE, "Mia") if leaves == "not at all" else (BILLS, BILLS, BEN)]
    assert seconds == ([BILLS] if leaves == "not at all" else []), "whose role redacts from the start"
