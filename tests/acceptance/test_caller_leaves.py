"""A caller hangs up during a handoff: no further target is dispatched, and nobody stays behind."""

from __future__ import annotations

import pytest
from livekit import api

from clock import SystemClock
from local.stack import Stack
from persistence.records import CALLER, CallEnd, HandoffState
from tests.support.conversation import DEPARTURE_S, Conversation, conversation
from tests.support.running import fault, frozen_worker, is_deciding, let_in
from transfer.protocol import agent_identity

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.fault("A11")]

NOTICED_MS = 3_000
"""From the hang-up to the row, on a busy machine."""


async def test_hanging_up_while_the_target_is_called_leaves_an_empty_room(stack: Stack) -> None:
    async with conversation(stack) as talk:
        await talk.is_greeted()
        with frozen_worker(stack):
            await talk.says("I was charged twice for my last invoice")
            await talk.handoff(HandoffState.DISPATCHING)
            await hangs_up(talk)
            await talk.no_agent_is_left(limit_s=DEPARTURE_S + 10)
            await talk.api.room.delete_room(api.DeleteRoomRequest(room=talk.room))
        # The worker continues, with the target's job in front of it. The job must not bring the room back.
        async with conversation(stack) as other:
            await other.is_greeted()
        rooms = await talk.api.room.list_rooms(api.ListRoomsRequest(names=[talk.room]))
        (row,) = await talk.handoffs()

        assert not rooms.rooms
        assert let_in(stack, talk.room) == {CALLER, agent_identity(row.from_job)}


async def test_hanging_up_while_the_target_decides_sends_it_away(stack: Stack) -> None:
    stalled = {"endpoint": "chat", "kind": "stall", "purpose": "screening", "count": 10, "stall_s": 60}
    async with fault(stack, **stalled), conversation(stack) as talk:
        await talk.is_greeted()
        await talk.says("my internet connection is very slow since yesterday")
        await is_deciding(stack)
        await hangs_up(talk)
        await talk.no_agent_is_left(limit_s=DEPARTURE_S + 10)


async def hangs_up(talk: Conversation) -> None:
    """Hangs up and checks what the store has."""
    hung_up_at = SystemClock().now_ms()
    await talk.caller.hang_up()
    row = await talk.handoff(HandoffState.ABANDONED)
    call = await talk.ended()
    (attempt,) = await talk.attempts()
    ends = [event for event in await talk.events() if event.moved_to == HandoffState.ABANDONED]

    assert (row.ended_at or 0) - hung_up_at <= NOTICED_MS
    assert (attempt.outcome, attempt.reason) == (HandoffState.ABANDONED, "the caller left")
    assert [event.kind for event in ends] == ["handoff", "attempt"], "one end, and no other after it"
    assert (call.ended_how, call.holder_role) == (CallEnd.CALLER_LEFT, "front-desk")
    assert (call.ended_at or 0) - hung_up_at <= DEPARTURE_S * 1000 + NOTICED_MS
