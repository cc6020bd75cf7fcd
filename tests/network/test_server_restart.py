"""livekit-server is killed under calls, and comes back with nothing of what it knew."""

from __future__ import annotations

import pytest

from local.stack import Stack
from persistence.records import HandoffState
from tests.acceptance.conversation import conversation
from tests.fault_report import FaultReport
from tests.network.holding_on import TO_BILLING, is_answered_again
from tests.network.server import Server
from transfer.states import TERMINAL

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.fault("C1"),
    pytest.mark.long,
]

AWAY_S = 3.0
ANSWERED_S = 40.0


async def test_call_goes_on_with_the_same_agent(
    stack: Stack, server: Server, fault_report: FaultReport
) -> None:
    async with conversation(stack) as talk:
        await talk.is_greeted()
        before = await talk.call()
        fault_report.strikes("server")
        await server.kill()
        await server.comes_back(after_s=AWAY_S)
        await is_answered_again(talk, limit_s=ANSWERED_S)
        after = await talk.call()

        assert (after.id, after.ended_at) == (before.id, None)
        await talk.only_the_holder_is_left()


@pytest.mark.parametrize("state", [HandoffState.BRIEFING, HandoffState.ACCEPTED])
async def test_handoff_has_one_end_and_the_caller_an_answer(
    stack: Stack, server: Server, fault_report: FaultReport, state: HandoffState
) -> None:
    async with conversation(stack) as talk:
        await talk.is_greeted()
        before = await talk.call()
        await talk.says(TO_BILLING)
        await talk.handoff(state)
        fault_report.strikes("server")
        await server.kill()
        await server.comes_back(after_s=AWAY_S)
        row = await talk.handoff(*TERMINAL)
        await is_answered_again(talk, limit_s=ANSWERED_S)
        after = await talk.call()
        moves = [event.moved_to for event in await talk.events() if event.kind == "handoff"]

        assert moves.count(row.state) == 1
        assert len(await talk.handoffs()) == 1
        assert (after.id, after.ended_at) == (before.id, None)
        await talk.only_the_holder_is_left()
