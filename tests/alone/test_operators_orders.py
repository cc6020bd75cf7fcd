"""One call on the real stack: an operator hands it over, takes it back, redirects it, and ends it."""

from __future__ import annotations

import pytest

from local.stack import Stack
from persistence.records import CallEnd, HandoffState, RequestKind, RequestState
from tests.alone.operator import NAME, operator_of
from tests.support.conversation import ROW_LIMIT_S, conversation
from tests.support.running import fault

pytestmark = pytest.mark.asyncio(loop_scope="session")

UNDECIDED = {"endpoint": "chat", "kind": "stall", "purpose": "screening", "count": 10, "stall_s": 60}
HOLD = "One moment, I'll get the technical desk."
BACK_WITHIN_MS = 1_000  # after the hold line, which plays to its end


@pytest.mark.fault("C5")
@pytest.mark.fault("C13")
@pytest.mark.alone
@pytest.mark.long
async def test_an_operators_orders_without_a_nudge(stack: Stack) -> None:
    async with conversation(stack) as talk, operator_of(talk) as operator:
        await talk.is_greeted()

        # The target declines because of a word that is in the note and nowhere else.
        await operator.has(RequestKind.NOTE, "their router is purple")
        await operator.hands_over("technical")
        declined = await talk.handoff(HandoffState.DECLINED)
        (attempt,) = await talk.attempts()
        assert attempt.reason == "this is a question of taste"
        assert (declined.requested_by, declined.target) == (NAME, "technical")

        async with fault(stack, **UNDECIDED):
            second = await operator.hands_over("technical")  # while the caller hears about the first
            await talk.is_told("the technical desk cannot take this one")
            await talk.handoff(HandoffState.BRIEFING, number=2)
            assert (await talk.call()).holder_job == declined.from_job, "nobody took its words for death"
            taken_back_at = await operator.takes_back(second)
            await talk.is_told("we will stay together")
            hold, back = (await talk.turns())[-2:]
            assert hold.text == HOLD
            assert back.started_at - max(taken_back_at, hold.ended_at) <= BACK_WITHIN_MS
            await talk.only_the_holder_is_left()

            third = await operator.hands_over("technical", note="be quick")
            await talk.handoff(HandoffState.BRIEFING, number=3)
            await operator.redirects(third, "billing")
            await talk.meets_another()
        row = await talk.handoff(HandoffState.COMPLETED, number=3)
        first, then = await talk.attempts(number=3)
        assert (first.outcome, first.reason) == (HandoffState.CANCELLED, f"redirected to billing by {NAME}")
        assert (then.target, then.outcome) == ("billing", HandoffState.COMPLETED)
        assert (row.target, row.redirect_to) == ("billing", None)
        await talk.only_the_holder_is_left()

        end = await operator.asks(RequestKind.END)
        await talk.caller.is_hung_up_on(limit_s=ROW_LIMIT_S)
        call = await talk.ended()
        assert (call.ended_how, call.holder_role) == (CallEnd.OPERATOR, "billing")
        assert (await operator.over(end)).state is RequestState.DONE

        # Operators' words are only for agents.
        reached = str([await talk.turns(), talk.caller.received])
        assert not [words for words in ("purple", "be quick", "the queue is long") if words in reached]
