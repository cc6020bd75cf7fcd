"""An agent's process is killed in mid-call: another agent continues after a short silence."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import closing
from typing import Any

import psutil
import pytest
from livekit import rtc

from agents.roster.shared_prompts import HouseLines
from local.stack import Stack
from persistence.engines import open_store
from persistence.records import CALLER, CallEnd
from tests.support.conversation import DEPARTURE_S, Conversation, conversation, until
from tests.support.database import file_of
from tests.support.driving import (
    AT_ONCE_LIMIT_MS,
    Moment,
    brought_to,
    heard_after,
    kill,
    kill_holder,
    losses,
    most_at_once_ms,
    process_of,
    spoken,
)
from tests.support.running import let_in, logged
from transfer.page_protocol import TYPED, Typed, TypedAnswer, page_attributes
from transfer.protocol import AnswerCall, agent_identity

pytestmark = pytest.mark.asyncio(loop_scope="session")

SILENCE_LIMIT_MS = 1_500  # on a busy machine; `make faults` measures it on an idle one
HUNG_LIMIT_MS = 2_500 + SILENCE_LIMIT_MS
RECOVERIES = 3


@pytest.mark.fault("A6")
@pytest.mark.fault("B11")
@pytest.mark.alone
async def test_caller_of_a_killed_agent_is_answered_by_another_that_knows_what_was_said(
    stack: Stack, lines: HouseLines
) -> None:
    async with conversation(stack) as talk:
        await talk.is_greeted()
        before = await talk.call()
        async with brought_to(talk, Moment.TALKING):
            killed = await kill_holder(talk)
        newcomer = await talk.meets_another(hears_out=False)
        await talk.is_told(lines.recovered, hears_out=False)
        await talk.caller.hears(newcomer, limit_s=20)  # the interrupted answer, from its beginning
        heard = heard_after(talk, killed.at_ms, newcomer)
        after = await talk.call()
        await talk.says("thank you goodbye")
        await talk.caller.is_hung_up_on(limit_s=30)
        ended = await talk.ended()

        assert heard.silence_ms <= SILENCE_LIMIT_MS
        assert most_at_once_ms(talk) <= AT_ONCE_LIMIT_MS
        assert talk.caller.speakers() == tuple(talk.met)
        assert newcomer == agent_identity(after.holder_job)
        assert (after.id, after.worker, after.holder_role) == (before.id, before.worker, before.holder_role)
        assert ended.ended_how is CallEnd.GOODBYE
        assert len(await losses(talk)) == 1
        assert_went_on(spoken(await talk.turns()), lines)


@pytest.mark.fault("A6")
async def test_caller_whose_agent_is_killed_before_the_call_is_written_down_is_greeted_by_another(
    stack: Stack,
) -> None:
    with closing(sqlite3.connect(file_of(stack.store), isolation_level=None)) as store:
        store.execute("BEGIN IMMEDIATE")
        async with conversation(stack) as talk:
            os.kill(await process_for(stack, talk.room), signal.SIGKILL)
            store.execute("ROLLBACK")
            await talk.is_greeted()
            call = await talk.call()

            assert talk.desk == agent_identity(call.holder_job)
            assert not await losses(talk)
            await talk.only_the_holder_is_left()


async def process_for(stack: Stack, room: str) -> int:
    """Returns the pid of the first process that has a call in this room."""

    async def look() -> int | None:
        found = logged(stack, message="process has a call", room=room)
        return int(found[0]["pid"]) if found else None

    return await until(look, "a process for the caller")


def assert_went_on(said: Any, lines: HouseLines) -> None:
    """Checks the turns: greeting, question, the honest line, the answer as far as it got, and goodbye."""
    assert [speaker for speaker, _ in said] == [
        "front-desk",
        CALLER,
        *["front-desk"] * 2,
        CALLER,
        "front-desk",
    ]
    assert said[2][1] == lines.recovered
    assert said[3][1].startswith("Gladly.")


@pytest.mark.fault("A6")
async def test_caller_who_may_not_have_been_heard_is_asked_for_that_alone(
    stack: Stack, lines: HouseLines
) -> None:
    async with conversation(stack) as talk:
        await talk.is_greeted()
        await talk.says("hello can you help me please")
        await talk.is_answered()
        await kill_holder(talk)
        await talk.meets_another()
        await talk.says("what are your opening hours")
        await talk.is_answered()
        said = [text for _, text in spoken(await talk.turns())]

        assert said[-3] == lines.recovered_listening
        assert said[-1] == "Every day from eight to eight."
        await talk.only_the_holder_is_left()


@pytest.mark.fault("A6")
async def test_caller_who_types_as_the_next_agent_joins_is_told_and_then_answered(
    stack: Stack, lines: HouseLines
) -> None:
    """The typed line comes before that agent's first word, and perhaps before its track is received."""
    async with conversation(stack, attributes=page_attributes(longest_call_s=600.0)) as talk:
        await talk.is_greeted()
        await kill_holder(talk)
        await types(talk, "what are your opening hours")
        await talk.is_told("Every day from eight to eight.")

        assert [text for _, text in spoken(await talk.turns())[-3:]] == [
            lines.recovered_listening,
            "what are your opening hours",
            "Every day from eight to eight.",
        ]
        await talk.only_the_holder_is_left()


async def types(talk: Conversation, words: str) -> None:
    """Sends a line to the next agent once it is there, as the page does."""
    line = Typed(id="1", words=words).model_dump_json()

    async def taken() -> bool:
        agent = next((one for one in talk.caller.others if one not in talk.met), None)
        if agent is None:
            return False
        try:
            answer = await talk.caller.request(agent, TYPED, line)
        except rtc.RpcError:  # it does not accept lines yet
            return False
        return TypedAnswer.model_validate_json(answer).taken

    await until(taken, "an agent who takes a typed line")


@pytest.mark.fault("A6")
@pytest.mark.alone
async def test_agent_whose_process_hangs_is_ended_and_replaced(stack: Stack, lines: HouseLines) -> None:
    async with conversation(stack) as talk:
        await talk.is_greeted()
        async with brought_to(talk, Moment.TALKING):
            stopped = await kill_holder(talk, signal.SIGSTOP)
        newcomer = await talk.meets_another(hears_out=False)
        await talk.is_told(lines.recovered, hears_out=False)

        assert heard_after(talk, stopped.at_ms, newcomer).silence_ms <= HUNG_LIMIT_MS
        assert not psutil.pid_exists(await process_of(stack, stopped.job))
        await talk.only_the_holder_is_left()


@pytest.mark.fault("C1")
@pytest.mark.fault("B11")
async def test_agent_dispatched_while_the_holder_is_away_leaves_its_call_to_whoever_goes_on(
    stack: Stack, lines: HouseLines
) -> None:
    async with conversation(stack) as talk:
        await talk.is_greeted()
        before = await talk.call()
        await kill_holder(talk, signal.SIGSTOP)
        await talk.put_out(talk.desk)
        await talk.dispatch(AnswerCall().model_dump_json())
        newcomer = await talk.meets_another(hears_out=False)
        await talk.is_told(lines.recovered_listening)
        await duplicate_left(talk)
        after = await talk.call()

        assert (after.id, after.ended_at) == (before.id, None)
        assert newcomer == agent_identity(after.holder_job)
        assert let_in(stack, talk.room) == {"caller", *talk.met}
        assert len(await losses(talk)) == 1
        await talk.only_the_holder_is_left()


async def duplicate_left(talk: Conversation) -> None:
    async def look() -> bool:
        return bool(logged(talk.stack, message="a duplicate leaves before joining", room=talk.room))

    await until(look, "the departure of the agent that was dispatched")


@pytest.mark.fault("A11")
@pytest.mark.fault("C3")
async def test_call_whose_caller_leaves_as_its_agent_dies_is_closed_once_and_nobody_comes(
    stack: Stack,
) -> None:
    async with conversation(stack) as talk:
        await talk.is_greeted()
        first = (await talk.call()).holder_job
        os.kill(await process_of(stack, first), signal.SIGSTOP)  # it cannot see the caller leave
        await talk.caller.hang_up()
        await kill(talk, first)
        ended = await talk.ended()
        events = await talk.events()

        assert ended.ended_how is CallEnd.CALLER_LEFT
        assert [event.moved_to for event in events if event.kind == "call"] == [
            "front-desk",
            "lost",
            CallEnd.CALLER_LEFT,
        ]
        assert let_in(stack, talk.room) == {"caller", agent_identity(first)}
        await talk.no_agent_is_left(limit_s=DEPARTURE_S)


@pytest.mark.fault("A6")
async def test_agent_that_dies_again_and_again_is_not_replaced_for_ever(
    stack: Stack, lines: HouseLines
) -> None:
    async with conversation(stack) as talk:
        await talk.is_greeted()
        for _ in range(RECOVERIES):
            await kill_holder(talk)
            await talk.meets_another(hears_out=False)
        await kill_holder(talk)
        await talk.meets_another(hears_out=False)
        await talk.caller.is_hung_up_on(limit_s=30)
        ended = await talk.ended()
        async with open_store(stack.store) as store:
            troubles = await store.troubles(ended.id)

        assert ended.ended_how is CallEnd.FAILED
        assert [(trouble.part, trouble.error) for trouble in troubles] == [("recovery", "lost too often")]
        assert farewell_ms(talk) > len(lines.failed_goodbye) * 30, "it was said to its end"
        assert most_at_once_ms(talk) <= AT_ONCE_LIMIT_MS


def farewell_ms(talk: Conversation) -> int:
    sounds = talk.caller.sounds(talk.desk)
    return sounds[-1].end_ms - sounds[0].start_ms
