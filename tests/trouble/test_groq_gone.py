"""Groq is gone in mid-call: the caller hears words in every turn, an offer, and later answers again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest

from agents.roster.shared_prompts import HouseLines
from local.measure.lanes import Span
from local.stack import Stack
from persistence.records import CALLER, CallEnd, HandoffState
from tests.support.conversation import Conversation
from tests.support.places import place
from tests.support.said import as_said
from tests.trouble.conftest import HOLD_S
from tests.trouble.mortal import MortalGroq

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.fault("A7")]

WORDS_WITHIN_MS = 2_000
BUSY_MS = 1_500  # extra time on a busy machine
GONE_FOR_MS = 30_000
HELD_IN_SILENCE_MS = 3_000
ASKED = "then please tell me your opening hours"
ANSWER = "We are open every day from eight to eight."


async def test_killed_groq_is_borne_with_words_and_an_offer_and_the_first_turn_after_is_answered(
    stack: Stack, groq: MortalGroq, lines: HouseLines
) -> None:
    async with place(stack) as here, here.call() as talk:
        await talk.is_greeted()
        await groq.die()
        waits = [await wait_of_a_turn(talk) for _ in range(3)]
        await groq.live()
        await talk.says(ASKED)
        await talk.is_answered()
        turns = await talk.turns()
    assert max(waits) <= WORDS_WITHIN_MS + BUSY_MS
    told = [turn.text for turn in turns if turn.speaker != CALLER][1:]
    assert told[:3] == [lines.trouble, lines.trouble_offer, lines.trouble_held]
    assert told[-1] == ANSWER
    assert as_said(turns, ASKED)[-2] == (CALLER, ASKED)


@pytest.mark.long
async def test_groq_that_is_gone_for_half_a_minute_costs_no_turn_its_words_and_none_after_it(
    stack: Stack, groq: MortalGroq, lines: HouseLines
) -> None:
    async with place(stack) as here, here.call() as talk:
        await talk.is_greeted()
        died_ms = talk.caller.now_ms
        await groq.die()
        waits = []
        while talk.caller.now_ms - died_ms < GONE_FOR_MS:
            waits.append(await wait_of_a_turn(talk))
        await groq.live()
        await talk.says(ASKED)
        await talk.is_answered()
        turns = await talk.turns()
    assert max(waits) <= WORDS_WITHIN_MS
    told = [turn.text for turn in turns if turn.speaker != CALLER][1:]
    assert told[:3] == [lines.trouble, lines.trouble_offer, lines.trouble_held]
    assert told[-1] == ANSWER


@pytest.mark.long
async def test_groq_that_says_nothing_any_more_is_borne_in_the_same_way(
    stack: Stack, groq: MortalGroq, lines: HouseLines
) -> None:
    async with place(stack) as here, here.call() as talk:
        await talk.is_greeted()
        groq.freeze()
        waits = [await wait_of_a_turn(talk) for _ in range(3)]
        groq.thaw()
        await talk.says(ASKED)
        await talk.is_answered()
        turns = await talk.turns()
    assert max(waits) <= WORDS_WITHIN_MS + BUSY_MS
    told = [turn.text for turn in turns if turn.speaker != CALLER]
    assert [lines.trouble, lines.trouble_offer, lines.trouble_held] == told[1:4]
    assert told[-1] == ANSWER


@pytest.mark.long
async def test_caller_who_holds_is_told_when_it_works_again(
    stack: Stack, groq: MortalGroq, lines: HouseLines
) -> None:
    async with place(stack) as here, here.call() as talk:
        await talk.is_greeted()
        await is_offered_to_hold(talk, groq.die, lines)
        await talk.is_told(lines.trouble_held)  # unprompted: the caller only waits
        await groq.live()
        await talk.is_told(lines.trouble_over)
        await talk.says(ASKED)
        await talk.is_answered()
        turns = await talk.turns()
        row = await talk.call()
    silent = talk.longest_silence()
    assert turns[-1].text == ANSWER
    assert silent.end_ms - silent.start_ms <= HELD_IN_SILENCE_MS, "music plays"
    assert row.ended_at is None
    assert lines.silence_question not in {turn.text for turn in turns}


@pytest.mark.long
async def test_caller_who_hangs_up_on_the_offer_is_to_be_called_back(
    stack: Stack, groq: MortalGroq, lines: HouseLines
) -> None:
    async with place(stack) as here:
        async with here.call() as talk:
            await talk.is_greeted()
            await is_offered_to_hold(talk, groq.die, lines)
        await groq.live()
        row = await here.ended_row(limit_s=20)
    assert row.ended_how is CallEnd.CALL_BACK


@pytest.mark.long
async def test_caller_is_not_held_for_ever(stack: Stack, groq: MortalGroq, lines: HouseLines) -> None:
    async with place(stack) as here, here.call() as talk:
        await talk.is_greeted()
        await is_offered_to_hold(talk, groq.die, lines)
        row = await here.ended_row(limit_s=HOLD_S + 20)
        await talk.caller.is_hung_up_on(limit_s=5)
        turns = await talk.turns()
        await groq.live()
    assert row.ended_how is CallEnd.CALL_BACK
    assert turns[-1].text == lines.trouble_goodbye
    assert all(one.text != two.text for one, two in pairwise(turns[1:]))


@pytest.mark.long
async def test_groq_that_dies_in_a_handoff_does_not_stop_it(stack: Stack, groq: MortalGroq) -> None:
    async with place(stack) as here, here.call() as talk:
        await talk.is_greeted()
        await talk.says("I was charged twice for my last invoice")
        await talk.handoff(HandoffState.DISPATCHING, HandoffState.BRIEFING, HandoffState.ACCEPTED)
        await groq.die()
        await talk.meets_another()
        row = await talk.handoff(HandoffState.COMPLETED)
        opening = (await talk.turns())[-1]
        await groq.live()
        await talk.says("yes that is correct can you refund it")
        await talk.is_answered()
        answer = (await talk.turns())[-1]
    assert row.target == "billing"
    assert (opening.speaker, answer.speaker) == ("billing", "billing")
    assert answer.text == "I have refunded it."


async def wait_of_a_turn(talk: Conversation) -> int:
    """Says a line and hears the answer out. Returns how long the caller waited for it, in ms."""
    await talk.says("hello can you help me please")
    await talk.is_answered()
    first: Span = next(span for span in talk.caller.sounds(talk.desk) if span.start_ms >= talk.said.end_ms)
    return first.start_ms - talk.said.end_ms


async def is_offered_to_hold(
    talk: Conversation, goes_wrong: Callable[[], Awaitable[None]], lines: HouseLines
) -> None:
    await goes_wrong()
    for words in (lines.trouble, lines.trouble_offer):
        await talk.says("hello can you help me please")
        await talk.is_told(words)
