"""After a handoff, caller or holder leaves: the other is not left alone in the room."""

from __future__ import annotations

import pytest
from livekit import api

from clock import SystemClock
from local.stack import Stack
from persistence.records import CallEnd, HandoffState
from tests.support.conversation import DEPARTURE_S, Conversation, conversation, until

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.fault("A9")]

NOTICED_MS = 3_000
CLOSES_S = 30.0  # livekit-server closes a room 20 s after its last participant has left


async def bridged(talk: Conversation) -> None:
    await talk.is_greeted()
    await talk.says("I was charged twice for my last invoice")
    await talk.meets_another()
    await talk.handoff(HandoffState.COMPLETED)
    await talk.only_the_holder_is_left()


@pytest.mark.long
async def test_caller_leaves_after_the_handoff_and_no_agent_stays(stack: Stack) -> None:
    async with conversation(stack) as talk:
        await bridged(talk)
        left_at = SystemClock().now_ms()
        await talk.caller.hang_up()
        call = await talk.ended()
        await talk.no_agent_is_left(limit_s=DEPARTURE_S + 5)

        assert (call.ended_how, call.holder_role) == (CallEnd.CALLER_LEFT, "billing")
        assert (call.ended_at or 0) - left_at <= DEPARTURE_S * 1000 + NOTICED_MS


@pytest.mark.long
async def test_room_closes_after_the_caller_has_left(stack: Stack) -> None:
    async def is_closed() -> bool:
        return not (await talk.api.room.list_rooms(api.ListRoomsRequest(names=[talk.room]))).rooms

    async with conversation(stack) as talk:
        await bridged(talk)
        await talk.caller.hang_up()
        await talk.ended()
        await until(is_closed, "a room that is closed", limit_s=CLOSES_S)


async def test_holder_is_put_out_of_the_room_and_the_caller_is_not_left_alone(stack: Stack) -> None:
    async with conversation(stack) as talk:
        await bridged(talk)
        await talk.put_out(talk.desk)
        await talk.meets_another(hears_out=False)
        await talk.only_the_holder_is_left()
        call = await talk.call()

        assert (call.holder_role, call.ended_at) == ("billing", None)
