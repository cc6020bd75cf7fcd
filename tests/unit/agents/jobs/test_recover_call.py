"""What a recovered call owes its caller: the answer to their last words, with the tools that it may need."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import cast

import pytest

from agents.call.active_call import ActiveCall
from agents.jobs.recover_call import _reply
from persistence.records import CALLER

pytestmark = pytest.mark.looptime


@dataclass
class Recovered:
    """A call whose MCP server tells its tools after a second. `replied_at`: seconds, of each reply."""

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
    call.said.append("booking")  # the line of the recovery
    await answering
    assert [at - began for at in call.replied_at] == pytest.approx([1.0], abs=0.05)


async def test_a_caller_who_speaks_meanwhile_is_answered_once() -> None:
    call = Recovered()
    answering = asyncio.create_task(call.answered())
    await asyncio.sleep(0.5)
    call.said.append(CALLER)
    await answering
    assert call.replied_at == []
