"""There is one handoff, whatever the model requests in one answer, and whatever the caller says meanwhile."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from local.stack import Stack
from persistence.records import CALLER, HandoffState
from tests.support.conversation import ANSWER_LIMIT_S, Conversation, conversation
from tests.support.said import as_said

pytestmark = pytest.mark.asyncio(loop_scope="session")

CHARGED = "I was charged twice for my last invoice"
GOODBYE = "no that is all thank you goodbye"
HOLD = "One moment, I'll get the billing desk."
ASKED_HOLD = "Of course, I'll get the billing desk."
TO_TECHNICAL = "my internet connection is very slow since yesterday"
TECHNICAL_HOLD = "One moment, I'll get the technical desk."
INTRODUCTION = "I have the technical desk with us now."
OTHERWISE = "Could you say that once more?"
STOPS_WITHIN_MS = 700
ON_ITS_WAY_MS = 250  # as much of a line may still be heard after its row was written


@pytest.mark.fault("A3")
@pytest.mark.fault("B8")
async def test_tool_called_twice_is_one_handoff_and_the_words_beside_it_are_heard(stack: Stack) -> None:
    async with conversation(stack) as talk:
        await talk.is_greeted()
        await talk.says("please connect me to the billing desk")
        await talk.meets_another(hears_out=False)
        await talk.handoff(HandoffState.COMPLETED)
        await talk.only_the_holder_is_left()
        said = [turn.text for turn in await talk.turns() if turn.speaker == "front-desk"]

        assert len(await talk.handoffs()) == 1
        assert len(await talk.attempts()) == 1
        assert said[1:] == ["Certainly, I will see to that.", ASKED_HOLD]
        assert talk.caller.speakers() == tuple(talk.met)


@pytest.mark.fault("B8")
async def test_another_tool_in_the_same_answer_does_not_undo_the_handoff(stack: Stack) -> None:
    async with conversation(stack) as talk:
        await talk.is_greeted()
        await talk.says("I would like to cancel my contract")
        await talk.meets_another(hears_out=False)
        await talk.handoff(HandoffState.COMPLETED)
        call = await talk.call()

        assert len(await talk.handoffs()) == 1
        assert (call.holder_role, call.ended_at) == ("billing", None)


@pytest.mark.fault("B1")
@pytest.mark.fault("B5")
@pytest.mark.fault("B13")
async def test_what_the_caller_says_during_the_hold_line_stops_it_and_the_target_answers_it_once(
    stack: Stack,
) -> None:
    async with conversation(stack) as talk:
        await talk.is_greeted()
        await talk.says(CHARGED)
        await talk.caller.hears(talk.desk, since_ms=talk.said.end_ms, limit_s=ANSWER_LIMIT_S)
        await talk.says(GOODBYE)  # at any other time, the front desk ends the call
        await talk.meets_another()
        await talk.is_told(OTHERWISE)  # what billing says when its script has no answer
        await talk.only_the_holder_is_left()
        turns, call = await talk.turns(), await talk.call()

        assert stopped_ms(talk) <= STOPS_WITHIN_MS
        assert is_cut_short([turn.text for turn in turns if turn.speaker == "front-desk"][1:], HOLD)
        said = as_said(turns, CHARGED, GOODBYE)
        assert [words for speaker, words in said if speaker == CALLER] == [CHARGED, GOODBYE]
        opening, answer = [turn.text for turn in turns if turn.speaker == "billing"]
        assert opening.startswith("The billing desk here: ")
        assert answer == OTHERWISE
        assert (call.holder_role, call.ended_at) == ("billing", None)
        assert talk.caller.speakers() == tuple(talk.met)


@pytest.mark.long
@pytest.mark.fault("B5")
async def test_what_the_caller_says_during_an_introduction_stops_it_and_is_answered_by_whom_it_introduces(
    stack: Stack,
) -> None:
    async with conversation(stack, role="night-desk") as talk:  # with `introduction: full`
        await talk.is_greeted()
        await talk.says(TO_TECHNICAL)
        await talk.is_told(TECHNICAL_HOLD, hears_out=False)
        after_hold_ms = talk.caller.now_ms + ON_ITS_WAY_MS
        await talk.caller.hears(talk.desk, since_ms=after_hold_ms, limit_s=ANSWER_LIMIT_S)
        await talk.says(GOODBYE)
        await talk.meets_another()
        await talk.is_told(OTHERWISE)
        turns = await talk.turns()

        assert stopped_ms(talk) <= STOPS_WITHIN_MS
        hold, *introduction = [turn.text for turn in turns if turn.speaker == "night-desk"][1:]
        assert hold == TECHNICAL_HOLD
        assert is_cut_short(introduction, INTRODUCTION)
        said = as_said(turns, TO_TECHNICAL, GOODBYE)
        assert [words for speaker, words in said if speaker == CALLER] == [TO_TECHNICAL, GOODBYE]
        assert [turn.text for turn in turns if turn.speaker == "technical"][1:] == [OTHERWISE]


def stopped_ms(talk: Conversation) -> int:
    """Returns the ms from the caller's first sound to the holder's last, at the caller's ear."""
    return talk.caller.sounds(talk.met[0])[-1].end_ms - talk.said.start_ms


def is_cut_short(lines: Sequence[str], whole: str) -> bool:
    """Whether only the beginning of a line was said, or none of it."""
    return len(lines) <= 1 and all(whole.startswith(line) and line != whole for line in lines)
