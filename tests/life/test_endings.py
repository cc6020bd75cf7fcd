"""How a call ends: with words if anybody can hear them, and with a row that says how."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import pytest
import pytest_asyncio

from agents.roster.roster import Roster
from agents.roster.shared_prompts import HouseLines
from local.caller.tape import RATE_HZ
from local.groq_standin import load_script
from local.measure.lanes import Span, spans
from local.scripted import SCRIPTS
from local.speech import GROQ_VOICES, at_speed, synthesize
from local.stack import Stack
from persistence.records import Call, CallEnd, Event, RoleName, Turn
from tests.life.hasty import Hasty
from tests.support.places import Place, place
from transfer.protocol import AnswerCall

pytestmark = pytest.mark.asyncio(loop_scope="session")

END_LIMIT_S = 30.0
HEARD_SHARE = 0.9  # of a complete line: codec and jitter buffer cut off a little
QUIET_MS = 150
AT_ONCE = 2


def sound_ms(parts: tuple[Span, ...]) -> int:
    return sum(part.end_ms - part.start_ms for part in parts)


async def test_goodbye_is_heard_whole_before_the_call_is_ended(stack: Stack, roster: Roster) -> None:
    async with place(stack) as here, here.call() as talk:
        await talk.is_greeted()
        await talk.says("thank you goodbye")
        await talk.caller.is_hung_up_on(limit_s=END_LIMIT_S)
        hung_up_ms = talk.caller.now_ms
        row = await here.ended_row(limit_s=END_LIMIT_S)
        turns = await talk.turns()
    assert row.ended_how is CallEnd.GOODBYE
    assert turns[-1].text == "You are welcome. Goodbye."
    voice = GROQ_VOICES[roster.roles[RoleName("front-desk")].voice]
    spoken = synthesize(turns[-1].text, at_speed(voice, load_script(SCRIPTS / "life.yaml").pace))
    heard = talk.caller.audio(talk.desk)[talk.said.end_ms * RATE_HZ // 1000 :]
    whole = sound_ms(spans(spoken.samples, spoken.sample_rate, join_ms=0))
    assert sound_ms(spans(heard, RATE_HZ, join_ms=0)) >= HEARD_SHARE * whole
    assert talk.caller.sounds(talk.desk)[-1].end_ms <= hung_up_ms - QUIET_MS, (
        "no sound was on its way any more"
    )


# --- calls that end, or do not, because time passes: they mostly wait, so some of them run side by side


@dataclass(frozen=True, slots=True)
class Left:
    """What the store has about an ended call."""

    row: Call
    turns: Sequence[Turn]
    events: Sequence[Event]


async def falls_silent(here: Place) -> None:
    async with here.call() as talk:
        await talk.is_greeted()
        await talk.caller.is_hung_up_on(limit_s=END_LIMIT_S)


async def answers_the_question(here: Place) -> None:
    async with here.call() as talk:
        await talk.is_greeted()
        await talk.caller.hears(talk.desk, limit_s=END_LIMIT_S)
        await talk.listens()
        await talk.says("no please stay with me I am still here")
        await talk.is_answered()


async def talks_on(here: Place) -> None:
    async with here.call() as talk:
        with suppress(ConnectionError):  # hung up on
            await talk.is_greeted()
            for _ in range(10):
                await talk.says("hello can you help me please")
                await talk.is_answered()
        await talk.caller.is_hung_up_on(limit_s=END_LIMIT_S)


async def never_comes(here: Place) -> None:
    await here.dispatch(AnswerCall().model_dump_json())
    await here.ended_row(limit_s=END_LIMIT_S)
    async with here.joined("late", alone=True) as late:
        await here.conversation(late).no_agent_is_left(limit_s=END_LIMIT_S)


async def leaves(here: Place) -> None:
    async with here.call() as talk:
        await talk.is_greeted()
        await talk.caller.hang_up()
        await here.ended_row(limit_s=END_LIMIT_S)
        await talk.no_agent_is_left(limit_s=END_LIMIT_S)


CALLERS: Sequence[Callable[[Place], Awaitable[None]]] = (
    talks_on,
    falls_silent,
    answers_the_question,
    never_comes,
    leaves,
)
Calls = Mapping[str, asyncio.Task[Left]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def calls(hasty: Hasty) -> AsyncIterator[Calls]:
    some = asyncio.Semaphore(AT_ONCE)

    async def one(caller: Callable[[Place], Awaitable[None]]) -> Left:
        async with some, place(hasty.stack) as here:
            await caller(here)
            row = await here.ended_row(limit_s=END_LIMIT_S)
            return Left(row, await here.store.turns(row.id), await here.store.events(call_id=row.id))

    tasks = {caller.__name__: asyncio.create_task(one(caller)) for caller in CALLERS}
    yield tasks
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)


async def test_call_that_lasts_too_long_is_ended_with_words(calls: Calls, lines: HouseLines) -> None:
    left = await calls["talks_on"]
    assert left.row.ended_how is CallEnd.TOO_LONG
    # The caller may continue talking meanwhile.
    said = [turn.text for turn in left.turns if turn.speaker == "front-desk"]
    assert said[-1] == lines.too_long_goodbye
    assert left.row.ended_at is not None
    assert left.row.ended_at - left.row.started_at >= 18_000


async def test_silent_caller_is_asked_once_and_then_let_go(calls: Calls, lines: HouseLines) -> None:
    left = await calls["falls_silent"]
    assert left.row.ended_how is CallEnd.SILENT
    assert [turn.text for turn in left.turns[1:]] == [lines.silence_question, lines.silence_goodbye]


async def test_caller_who_answers_the_question_stays(calls: Calls, lines: HouseLines) -> None:
    left = await calls["answers_the_question"]
    assert left.row.ended_how is CallEnd.CALLER_LEFT
    assert [turn.text for turn in left.turns if turn.speaker == "front-desk"][1:] == [
        lines.silence_question,
        "I am here. Take your time.",
    ]


async def test_agent_waits_for_its_caller_only_so_long(calls: Calls) -> None:
    left = await calls["never_comes"]
    assert (left.row.ended_how, left.row.caller) == (CallEnd.NO_CALLER, "")
    assert left.turns == []


async def test_caller_who_leaves_for_good_is_recorded_once(calls: Calls) -> None:
    left = await calls["leaves"]
    assert left.row.ended_how is CallEnd.CALLER_LEFT
    ends = [event for event in left.events if event.kind == "call" and event.moved_from]
    assert [(event.moved_from, event.moved_to) for event in ends] == [("front-desk", "caller_left")]
