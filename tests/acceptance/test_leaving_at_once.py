"""Caller and target leave at the same instant: one end, recorded once, and nobody stays behind."""

from __future__ import annotations

import asyncio

import pytest

from local.stack import Stack
from persistence.records import CALLER, CallEnd, HandoffState
from tests.support.conversation import DEPARTURE_S, Conversation, conversation
from tests.support.running import fault, is_deciding, logged
from transfer.protocol import agent_identity
from transfer.states import TERMINAL

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.fault("C3")]

STALLED = {"endpoint": "chat", "kind": "stall", "purpose": "screening", "count": 10, "stall_s": 60}


async def test_caller_and_target_leave_while_it_decides(stack: Stack) -> None:
    async with fault(stack, **STALLED), conversation(stack) as talk:
        await talk.is_greeted()
        await talk.says("my internet connection is very slow since yesterday")
        await is_deciding(stack)
        await both_leave(stack, talk, HandoffState.BRIEFING)


async def test_caller_and_target_leave_while_it_is_introduced(stack: Stack) -> None:
    async with conversation(stack) as talk:
        await talk.is_greeted()
        await talk.says("I was charged twice for my last invoice")
        await both_leave(stack, talk, HandoffState.ACCEPTED)


async def both_leave(stack: Stack, talk: Conversation, state: HandoffState) -> None:
    """Removes both at once and checks the result."""
    row = await talk.handoff(state)
    assert row.target_job
    errors = len(our_errors(stack))
    await asyncio.gather(talk.put_out(agent_identity(row.target_job)), talk.put_out(CALLER))
    ended = await talk.handoff(*TERMINAL)
    call = await talk.ended()
    await talk.no_agent_is_left(limit_s=DEPARTURE_S + 10)
    events = await talk.events()
    attempts = await talk.attempts()

    # Either may have been seen leaving first: the row says one of the two, once.
    assert ended.state in {HandoffState.ABANDONED, HandoffState.FAILED}
    assert [event.moved_to for event in events if event.kind == "handoff"].count(ended.state) == 1
    assert all(attempt.outcome in TERMINAL for attempt in attempts)
    assert (call.ended_how, call.holder_role) == (CallEnd.CALLER_LEFT, "front-desk")
    assert len([event for event in events if event.moved_to == CallEnd.CALLER_LEFT]) == 1
    assert our_errors(stack)[errors:] == [], "no noise"


def our_errors(stack: Stack) -> list[dict[str, object]]:
    """Errors of Baton and its worker. LiveKit's client also logs one when the server removes it."""
    return [line for line in logged(stack, level="ERROR") if line["name"] != "livekit"]
