"""How a call ends: with words where anyone is there to hear them, and with a row that says how."""

from __future__ import annotations

from contextlib import suppress

import pytest

from agents.house import HouseLines
from agents.roster import Roster
from local.caller_tape import RATE_HZ
from local.lanes import Span, spans
from local.speech import GROQ_VOICES, synthesize
from local.stack import Stack
from persistence.records import CallEnd, RoleName
from tests.life.places import Hasty, place
from transfer.protocol import AnswerCall

pytestmark = pytest.mark.asyncio(loop_scope="session")

END_LIMIT_S = 25.0
HEARD_SHARE = 0.9  # of a line that is heard whole: codec and jitter buffer take off a little


def sound_ms(parts: tuple[Span, ...]) -> int:
    return sum(part.end_ms - part.start_ms for part in parts)


async def test_goodbye_is_heard_whole_before_the_call_is_ended(stack: Stack, roster: Roster) -> None:
    async with place(stack) as here, here.call() as talk:
        await talk.is_greeted()
        await talk.says("thank you goodbye")
        await talk.caller.is_hung_up_on(limit_s=END_LIMIT_S)
        row = await here.ended_row(limit_s=END_LIMIT_S)
        turns = await talk.turns()
    assert row.ended_how is CallEnd.GOODBYE
    assert turns[-1].text == "You are welcome. Goodbye."
    spoken = synthesize(turns[-1].text, GROQ_VOICES[roster.roles[RoleName("front-desk")].voice])
    heard = talk.caller.audio(talk.desk)[talk.said.end_ms * RATE_HZ // 1000 :]
    whole = sound_ms(spans(spoken.samples, spoken.sample_rate, join_ms=0))
    assert sound_ms(spans(heard, RATE_HZ, join_ms=0)) >= HEARD_SHARE * whole


async def test_silent_caller_is_asked_once_and_then_let_go(hasty: Hasty, lines: HouseLines) -> None:
    async with place(hasty.stack) as here, here.call() as talk:
        await talk.is_greeted()
        await talk.caller.is_hung_up_on(limit_s=END_LIMIT_S)
        row = await here.ended_row(limit_s=END_LIMIT_S)
        turns = await talk.turns()
    assert row.ended_how is CallEnd.SILENT
    assert [turn.text for turn in turns[1:]] == [lines.silence_question, lines.silence_goodbye]


async def test_caller_who_answers_the_question_stays(hasty: Hasty, lines: HouseLines) -> None:
    async with place(hasty.stack) as here, here.call() as talk:
        await talk.is_greeted()
        await talk.caller.hears(talk.desk, limit_s=END_LIMIT_S)
        await talk.listens()
        await talk.says("no please stay with me I am still here")
        await talk.is_answered()
        turns = await talk.turns()
        row = await talk.call()
    assert row.ended_at is None
    assert [turn.text for turn in turns if turn.speaker == "front-desk"][1:] == [
        lines.silence_question,
        "I am here. Take your time.",
    ]


async def test_call_that_lasts_too_long_is_ended_with_words(hasty: Hasty, lines: HouseLines) -> None:
    async with place(hasty.stack) as here, here.call() as talk:
        with suppress(ConnectionError):
            await talk.is_greeted()
            for _ in range(10):
                await talk.says("hello can you help me please")
                await talk.is_answered()
        await talk.caller.is_hung_up_on(limit_s=END_LIMIT_S)
        row = await here.ended_row(limit_s=END_LIMIT_S)
        turns = await talk.turns()
    assert row.ended_how is CallEnd.TOO_LONG
    assert turns[-1].text == lines.too_long_goodbye
    assert row.ended_at is not None
    assert row.ended_at - row.started_at >= 18_000


async def test_agent_waits_for_its_caller_only_so_long(hasty: Hasty) -> None:
    async with place(hasty.stack) as here:
        await here.dispatch(AnswerCall().model_dump_json())
        row = await here.ended_row(limit_s=END_LIMIT_S)
        async with here.joined("late", alone=True) as late:
            assert (row.ended_how, row.caller) == (CallEnd.NO_CALLER, "")
            await here.conversation(late).no_agent_is_left(limit_s=END_LIMIT_S)


async def test_caller_who_leaves_for_good_is_recorded_once(hasty: Hasty) -> None:
    async with place(hasty.stack) as here, here.call() as talk:
        await talk.is_greeted()
        await talk.caller.hang_up()
        row = await here.ended_row(limit_s=END_LIMIT_S)
        await talk.no_agent_is_left(limit_s=END_LIMIT_S)
        ends = [event for event in await talk.events() if event.kind == "call" and event.moved_from]
    assert row.ended_how is CallEnd.CALLER_LEFT
    assert [(event.moved_from, event.moved_to) for event in ends] == [("front-desk", "caller_left")]
