"""The only process that detects the ends of turns, for all calls, is killed: calls continue without it."""

from __future__ import annotations

import os
import signal

import pytest

from local.stack import Stack
from tests.support.places import place
from tests.support.running import logged

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_calls_use_their_own_end_of_turn_model_when_the_shared_one_is_killed(stack: Stack) -> None:
    async with place(stack) as here, here.call() as talk:
        await talk.is_greeted()
        await talk.says("hello can you help me please")
        await talk.is_answered()
        (shared,) = logged(stack, message="process initialized", inference=True)
        os.kill(shared["pid"], signal.SIGKILL)
        await talk.says("what are your opening hours")
        await talk.is_answered()
        turns = await talk.turns()
        room = (await talk.call()).room
    assert turns[-1].text == "Every day from eight to eight."
    assert logged(stack, room=room, message="this call uses its own end-of-turn model")
