"""A role's own tool in LiveKit: a caller who speaks while it runs is answered at once, not afterwards."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import cast

import pytest
from livekit.agents import RunContext
from livekit.agents.voice import SpeechHandle

from agents.call.active_call import ActiveCall
from agents.call.own_tools import _given_way
from agents.tools.own_tool import OwnTool, Policy

pytestmark = pytest.mark.looptime


async def nothing(*_: object) -> None:
    """Does nothing."""


TOOL = OwnTool("look_up", "Looks it up.", {"type": "object"}, Policy(5.0), "python", "x.md:1", nothing)


class Using:
    """A tool's use in a speech that may be interrupted. `told`: what the model gets before the answer."""

    def __init__(self) -> None:
        self.speech = SpeechHandle.create()
        self.told: list[str] = []
        words = SimpleNamespace(working="{tool} works.")
        house = SimpleNamespace(tools=words)
        process = SimpleNamespace(roster=SimpleNamespace(house=house))
        self.context = cast(
            RunContext[ActiveCall],
            SimpleNamespace(
                speech_handle=self.speech, userdata=SimpleNamespace(process=process), update=self._update
            ),
        )

    async def _update(self, message: str, *, template: str, silent: bool) -> None:
        assert silent
        self.told.append(template.format(message=message))


async def test_a_caller_who_speaks_meanwhile_does_not_wait_for_the_tool() -> None:
    using = Using()
    async with _given_way(TOOL, using.context):
        await asyncio.sleep(1)
        assert using.told == []
        using.speech.interrupt()
        await asyncio.sleep(0.1)
        assert using.told == ["look_up works."]
        using.speech._mark_done()


async def test_a_tool_that_nobody_interrupts_tells_its_answer_alone() -> None:
    using = Using()
    async with _given_way(TOOL, using.context):
        await asyncio.sleep(1)
    assert using.told == []
