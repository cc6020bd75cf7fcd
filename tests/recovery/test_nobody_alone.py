"""A caller is never alone for more than 3 s: on hold, handed over by an operator, or with nobody to answer.

Each figure comes from what the caller heard: the longest stretch without a voice or music.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import AsyncExitStack

import pytest

from agents.roster.shared_prompts import HouseLines
from clock import SystemClock
from local.stack import Stack
from persistence.records import CALLER, HELD, HandoffState
from tests.alone.operator import NAME, operator_of
from tests.recovery.conftest import StartWorker
from tests.support.conversation import DEPARTURE_S, Conversation, conversation, until
from tests.support.driving import (
    AT_ONCE_LIMIT_MS,
    Moment,
    brought_to,
    kill_holder,
    kill_program,
    most_at_once_ms,
    spoken,
)
from tests.support.places import place

pytestmark = pytest.mark.asyncio(loop_scope="session")

Record = Callable[[str, object], None]

ALONE_LIMIT_MS = 3_000
HOURS = "what are your opening hours"


@pytest.mark.fault("A6")
async def test_caller_on_hold_hears_music_and_lines_whatever_becomes_of_the_agent(
    stack: Stack, lines: HouseLines, record_property: Record
) -> None:
    async with conversation(stack) as talk, operator_of(talk) as operator:
        await talk.is_greeted()
        async with brought_to(talk, Moment.TALKING):
            held_ms = talk.caller.now_ms
            await operator.holds()
        await talk.is_told(lines.on_hold, hears_out=False)
        await music_after(talk, held_ms)
        await talk.says(HOURS)
        await said_by_caller(talk, 2)
        killed = await kill_holder(talk)
        newcomer = await talk.meets_another()
        assert spoken(await talk.turns())[-1][1] == lines.still_on_hold, "nobody answered the caller"
        await music_after(talk, killed.at_ms)
        await operator.resumes()
        await talk.is_told(lines.off_hold, hears_out=False)
        await talk.is_told("Every day from eight to eight.")
        alone_ms = talk.silence_since(held_ms)
        events = await talk.events()

        record_property("alone_ms", alone_ms)
        assert alone_ms <= ALONE_LIMIT_MS
        assert most_at_once_ms(talk) <= AT_ONCE_LIMIT_MS
        assert newcomer == talk.desk
        holds = [
            (event.moved_from, event.moved_to)
            for event in events
            if HELD in (event.moved_from, event.moved_to)
        ]
        assert holds == [("front-desk", HELD), (HELD, "front-desk")]
        await talk.only_the_holder_is_left()


@pytest.mark.fault("A6")
@pytest.mark.long
async def test_caller_on_hold_is_handed_to_another_role_though_the_agent_has_just_died(
    stack: Stack, lines: HouseLines, record_property: Record
) -> None:
    async with conversation(stack) as talk, operator_of(talk) as operator:
        await talk.is_greeted()
        await talk.says("hello can you help me please")
        await talk.is_answered()
        held_ms = talk.caller.now_ms
        await operator.holds()
        await music_after(talk, held_ms)
        await kill_holder(talk, signal.SIGSTOP)  # stuck: the worker ends it after 2 s
        await operator.hands_over("billing")
        await talk.meets_another(hears_out=False)
        await talk.is_told("I have been told about your call.")
        row = await talk.handoff(HandoffState.COMPLETED)
        alone_ms = talk.silence_since(held_ms)
        call = await talk.call()

        record_property("alone_ms", alone_ms)
        assert (call.holder_role, call.held_at, row.requested_by) == ("billing", None, NAME)
        assert most_at_once_ms(talk) <= AT_ONCE_LIMIT_MS
        await talk.says(HOURS)
        await talk.is_told("Every day from nine to five.")
        await talk.only_the_holder_is_left()


@pytest.mark.fault("A6b")
@pytest.mark.long
async def test_caller_of_a_killed_worker_is_handed_to_another_role_on_another_worker(
    start_worker: StartWorker, record_property: Record
) -> None:
    async with AsyncExitStack() as exits:
        first = await exits.enter_async_context(start_worker("first"))
        here = await exits.enter_async_context(place(first))
        talk = await exits.enter_async_context(here.call())
        operator = await exits.enter_async_context(operator_of(talk))
        await talk.is_greeted()
        await exits.enter_async_context(start_worker("second"))
        await talk.says("hello can you help me please")
        await talk.is_answered()
        killed_ms = kill_program(talk, first.worker, "worker")
        await operator.hands_over("billing")
        await talk.meets_another()
        await talk.handoff(HandoffState.COMPLETED)
        call = await talk.call()

        record_property("alone_ms", talk.silence_since(killed_ms))
        assert call.holder_role == "billing"
        await talk.says(HOURS)
        await talk.is_told("Every day from nine to five.")
        await talk.only_the_holder_is_left()
        await talk.caller.hang_up()
        await talk.ended()


@pytest.mark.alone  # polling for callers without an agent takes up to two of its three seconds
async def test_caller_who_is_back_too_late_for_their_call_is_answered_anew(
    stack: Stack, record_property: Record
) -> None:
    async with place(stack) as here:
        async with here.call() as talk:
            await talk.is_greeted()
            await talk.caller.hang_up()
            first = await talk.ended()
        over_at = (first.ended_at or 0) + round(DEPARTURE_S * 1000)

        async def is_too_late() -> bool:
            return SystemClock().now_ms() > over_at

        await until(is_too_late, "the end of the departure time")
        async with here.joined(alone=True) as caller:  # LiveKit dispatches an agent only to a new room
            since_ms = caller.now_ms
            await caller.hears(since_ms=since_ms, limit_s=20)
            await caller.hears_out(pause_s=0.3, limit_s=20)
            alone_ms = caller.sounds()[0].start_ms - since_ms
            record_property("alone_ms", alone_ms)
            assert alone_ms <= ALONE_LIMIT_MS

            async def answered() -> bool:
                call = await here.store.open_call_in(here.room)
                return call is not None and call.id != first.id

            await until(answered, "a new call")


async def music_after(talk: Conversation, at_ms: int) -> None:
    async def look() -> bool:
        return any(span.end_ms > max(at_ms, talk.caller.now_ms - 300) for span in talk.music_sounds())

    await until(look, "music")


async def said_by_caller(talk: Conversation, count: int) -> None:
    async def look() -> bool:
        return len([1 for speaker, _ in spoken(await talk.turns()) if speaker == CALLER]) >= count

    await until(look, "what the caller said on hold")
