"""Holder or target is killed during a handoff: it has one end, and the caller is never left alone."""

from __future__ import annotations

import pytest

from agents.roster.shared_prompts import HouseLines
from local.stack import Stack
from persistence.records import Handoff, HandoffState
from tests.support.conversation import Conversation, conversation
from tests.support.driving import (
    AT_ONCE_LIMIT_MS,
    Moment,
    brought_to,
    ends,
    kill,
    kill_holder,
    losses,
    most_at_once_ms,
    recovered_by,
    spoken,
)
from transfer.protocol import agent_identity

pytestmark = pytest.mark.asyncio(loop_scope="session")

SILENCE_LIMIT_MS = 3_000
NOTICED_LIMIT_MS = 1_500


@pytest.mark.fault("A6")
@pytest.mark.fault("C6")
@pytest.mark.long
async def test_holder_killed_while_its_target_is_called_is_followed_by_one_that_calls_it_again(
    stack: Stack, lines: HouseLines
) -> None:
    async with conversation(stack) as talk:
        await talk.is_greeted()
        async with brought_to(talk, Moment.DISPATCHING):
            await recovered_by(talk, await kill_holder(talk))
        done = await talk.handoff(HandoffState.COMPLETED)
        await is_spoken_to_by(talk, done)
        first, second = await talk.attempts()

        assert (first.outcome, first.reason) == (HandoffState.FAILED, "its holder was lost")
        assert second.outcome is HandoffState.COMPLETED
        assert lines.recovered in [text for _, text in spoken(await talk.turns())]
        await assert_sound(talk, done)


@pytest.mark.fault("A6")
@pytest.mark.fault("A1")
async def test_holder_killed_while_its_target_is_briefed_is_followed_by_one_that_goes_on_with_it(
    stack: Stack,
) -> None:
    async with conversation(stack) as talk:
        await talk.is_greeted()
        async with brought_to(talk, Moment.BRIEFING):
            await recovered_by(talk, await kill_holder(talk))
        done = await talk.handoff(HandoffState.COMPLETED)
        await is_spoken_to_by(talk, done)

        assert (await talk.attempts())[0].outcome is HandoffState.FAILED
        assert done.target == "technical"
        await assert_sound(talk, done)


@pytest.mark.fault("A6")
@pytest.mark.fault("A10")
@pytest.mark.alone
async def test_target_takes_over_at_once_when_its_holder_is_killed_in_mid_introduction(stack: Stack) -> None:
    async with conversation(stack) as talk:
        await talk.is_greeted()
        async with brought_to(talk, Moment.ACCEPTED) as row:
            assert row is not None
            killed = await kill_holder(talk)
        done = await talk.handoff(HandoffState.COMPLETED)
        assert done.ended_at is not None
        taken_ms = done.ended_at - talk.caller.zero_at - killed.at_ms
        await is_spoken_to_by(talk, done)

        assert taken_ms <= NOTICED_LIMIT_MS
        assert done.target_job == row.target_job, "no other came"
        assert talk.caller.speakers() == (agent_identity(row.from_job), agent_identity(str(row.target_job)))
        await assert_sound(talk, done)


@pytest.mark.fault("A2")
@pytest.mark.alone
async def test_target_killed_while_it_decides_is_noticed_at_once(stack: Stack) -> None:
    async with conversation(stack) as talk:
        await talk.is_greeted()
        async with brought_to(talk, Moment.BRIEFING) as row:
            assert row is not None
            killed = await kill(talk, str(row.target_job))
        done = await talk.handoff(HandoffState.COMPLETED)
        await is_spoken_to_by(talk, done)
        first, second = await talk.attempts()
        assert first.ended_at is not None

        assert first.ended_at - talk.caller.zero_at - killed.at_ms <= NOTICED_LIMIT_MS
        assert first.outcome is HandoffState.FAILED
        assert (second.target, second.outcome) == ("billing", HandoffState.COMPLETED)
        assert not await losses(talk)
        await assert_sound(talk, done)


async def is_spoken_to_by(talk: Conversation, done: Handoff) -> None:
    """Waits until the holder after a handoff has finished speaking."""
    holder = agent_identity(str(done.target_job))
    await talk.caller.hears(holder, since_ms=0, limit_s=30)
    talk.met.append(holder)
    await talk.listens()


async def assert_sound(talk: Conversation, done: Handoff) -> None:
    """Checks what must be true after every handoff, whichever agent died."""
    silence = talk.longest_silence()
    assert silence.end_ms - silence.start_ms <= SILENCE_LIMIT_MS
    assert most_at_once_ms(talk) <= AT_ONCE_LIMIT_MS
    assert ends(await talk.events(), done.id) == [HandoffState.COMPLETED]
    assert (await talk.call()).holder_job == done.target_job
    await talk.only_the_holder_is_left()
