"""livekit-server is killed at every moment of a call and comes back without its state."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from local.stack import Stack
from persistence.records import Handoff, HandoffState
from tests.network.holding_on import TO_BILLING, is_answered_again
from tests.network.server import Server
from tests.support.conversation import ROW_LIMIT_S, Conversation, conversation
from tests.support.driving import Moment, brought_to, ends, most_at_once_ms
from tests.support.fault_report import FaultReport
from transfer.states import TERMINAL

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.fault("C1"),
    pytest.mark.fault("C10"),
    pytest.mark.long,
]

ROUNDS = 3
AWAY_S = 3.0
ANSWERED_S = 40.0
SILENCE_LIMIT_MS = 9_000
ONCE_BACK_LIMIT_MS = 4_000
"""LiveKit's reconnect backoff may keep the caller away longer; the limit then counts from their return."""

AT_ONCE_LIMIT_MS = 100


@pytest.mark.parametrize("moment", list(Moment))
async def test_call_goes_on_and_a_handoff_has_one_end(
    stack: Stack, server: Server, fault_report: FaultReport, moment: Moment
) -> None:
    for _ in range(ROUNDS):
        async with conversation(stack) as talk:
            await talk.is_greeted()
            before = await talk.call()
            async with at(talk, moment) as row:
                fault_report.strikes("server")
                killed_ms = talk.caller.now_ms
                await server.kill()
            await server.comes_back(after_s=AWAY_S)
            if row is not None:
                await talk.handoff(*TERMINAL)
            await is_answered_again(talk, limit_s=ANSWERED_S)
            after = await talk.call()

            assert (after.id, after.ended_at) == (before.id, None)
            assert len(await talk.handoffs()) == (row is not None)
            assert row is None or len(ends(await talk.events(), row.id)) == 1
            assert most_at_once_ms(talk) <= AT_ONCE_LIMIT_MS
            back_ms = talk.caller.back_ms
            assert back_ms is not None
            assert back_ms > killed_ms
            limit_ms = max(SILENCE_LIMIT_MS, back_ms - killed_ms + ONCE_BACK_LIMIT_MS)
            assert talk.silence_since(killed_ms) <= limit_ms
            async with asyncio.timeout(ROW_LIMIT_S):
                # A target that was cut off returns late, only to leave; the call continues meanwhile.
                while len(await talk.agents()) > 1:
                    await is_answered_again(talk, limit_s=ANSWERED_S)
            await talk.only_the_holder_is_left()


@asynccontextmanager
async def at(talk: Conversation, moment: Moment) -> AsyncIterator[Handoff | None]:
    """As `brought_to`, but a target is not kept deciding, as its Groq is on a host of its own."""
    if moment is not Moment.BRIEFING:
        async with brought_to(talk, moment) as row:
            yield row
        return
    await talk.says(TO_BILLING)
    yield await talk.handoff(HandoffState.BRIEFING, HandoffState.ACCEPTED)
