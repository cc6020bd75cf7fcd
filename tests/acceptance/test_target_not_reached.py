"""Targets that decline, never join, or are lost: the caller goes to the next target or stays."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

import pytest
from livekit.protocol import agent as agent_proto

from clock import SystemClock
from local.measure.lanes import Span
from local.stack import Stack
from persistence.records import CALLER, HandoffState
from tests.support.conversation import Conversation, conversation
from tests.support.running import busy_processes, fault, frozen_processes, is_deciding, let_in, new_process
from transfer.protocol import agent_identity

pytestmark = pytest.mark.asyncio(loop_scope="session")

SILENCE_LIMIT_MS = 6_000
JITTER_MS = 100
CLOSE_MS = 1_500
TO_BILLING = "I was charged twice for my last invoice"
TO_TECHNICAL = "my internet connection is very slow since yesterday"
STALLED = {"endpoint": "chat", "kind": "stall", "purpose": "screening", "count": 10, "stall_s": 60}
"""A screening target never decides."""


@pytest.mark.fault("A13")
@pytest.mark.fault("B10")
async def test_declined_caller_stays_with_the_holder_and_is_answered(stack: Stack) -> None:
    async with conversation(stack, role="night-desk") as talk:
        await talk.is_greeted()
        await talk.says("can they tell me who painted my router purple")
        row = await talk.handoff(HandoffState.DECLINED)
        await talk.is_told("the technical desk cannot take this one")
        await talk.says("then please tell me your opening hours")
        await talk.is_answered()
        await talk.is_told("open every day from eight to eight")
        (attempt,) = await talk.attempts()
        spoken = [(turn.speaker, turn.text) for turn in await talk.turns()]

        assert (attempt.target, attempt.outcome) == ("technical", HandoffState.DECLINED)
        # It declines because of a word that is in the brief's last turn and nowhere else.
        assert attempt.reason == "this is a question of taste"
        assert "purple" not in f"{row.reason} {row.summary}"
        assert spoken[-1] == ("night-desk", "We are open every day from eight to eight.")
        assert talk.caller.speakers() == (talk.desk,)
        assert (await talk.call()).holder_role == "night-desk"
        await talk.only_the_holder_is_left()


@pytest.mark.fault("A4")
@pytest.mark.fault("A5")
@pytest.mark.fault("B4")
async def test_target_that_does_not_come_in_time_is_followed_by_the_next_and_not_let_in_later(
    stack: Stack,
) -> None:
    async with conversation(stack) as talk:
        await talk.is_greeted()
        with frozen_processes(stack) as late:  # dispatch accepted, job assigned, but no agent joins
            await talk.says(TO_BILLING)
            await talk.attempt(2)
            late.thaw()
        await talk.meets_another(hears_out=False)
        row = await talk.handoff(HandoffState.COMPLETED)
        await late.one_has_ended()
        await talk.only_the_holder_is_left()
        first, second = await talk.attempts()

        assert (first.target, first.outcome, first.job) == ("billing", HandoffState.UNANSWERED, None)
        assert first.dispatch_id
        assert first.reason == "did not come in time"
        assert (second.target, second.outcome) == ("technical", HandoffState.COMPLETED)
        # The late target was not let into the room.
        assert row.target_job
        assert let_in(stack, talk.room) == {
            CALLER,
            agent_identity(row.from_job),
            agent_identity(row.target_job),
        }
        assert_music_only_between_voices(talk)
        assert_never_silent(talk)


@pytest.mark.fault("A2")
@pytest.mark.fault("C2")
@pytest.mark.fault("C10")
async def test_target_killed_while_it_is_introduced_is_followed_by_the_next(stack: Stack) -> None:
    async with conversation(stack) as talk:
        await talk.is_greeted()
        known = busy_processes(stack)
        await talk.says(TO_BILLING)
        await talk.handoff(HandoffState.ACCEPTED)
        os.kill(await new_process(stack, known), signal.SIGKILL)
        said_of_the_dead = await job_status(talk, (await talk.attempts())[0].job)
        await talk.meets_another(hears_out=False)
        row = await talk.handoff(HandoffState.COMPLETED)
        await talk.only_the_holder_is_left()
        first, second = await talk.attempts()
        hold_line = next(sound for sound in talk.caller.sounds() if sound.start_ms > talk.said.end_ms)
        silence_ms = talk.silence_since(hold_line.start_ms)

        # LiveKit reports everyone as running: the killed agent until its dispatch is withdrawn, and the old
        # holder, which has finished.
        assert said_of_the_dead in {agent_proto.JobStatus.JS_RUNNING, None}
        assert await job_status(talk, row.from_job) == agent_proto.JobStatus.JS_RUNNING
        assert (first.target, first.outcome) == ("billing", HandoffState.FAILED)
        assert (second.target, second.outcome) == ("technical", HandoffState.COMPLETED)
        assert talk.caller.speakers() == tuple(talk.met)
        assert_never_silent(talk)
        # The row's silence is what the caller heard.
        assert abs((row.silence_ms or 0) - silence_ms) <= CLOSE_MS


@pytest.mark.fault("A2")
async def test_target_that_leaves_while_it_decides_is_followed_by_the_next_at_once(stack: Stack) -> None:
    async with fault(stack, **STALLED), conversation(stack) as talk:
        await talk.is_greeted()
        await talk.says(TO_TECHNICAL)
        row = await talk.handoff(HandoffState.BRIEFING)
        assert row.target_job
        target = agent_identity(row.target_job)
        await is_deciding(stack)
        left_at = SystemClock().now_ms()
        await talk.put_out(target)
        await talk.meets_another(hears_out=False)
        await talk.handoff(HandoffState.COMPLETED)
        first, second = await talk.attempts()

        assert (first.target, first.outcome) == ("technical", HandoffState.FAILED)
        assert second.started_at - left_at < 4_000, "well before any limit of the handoff"
        assert (second.target, second.outcome) == ("billing", HandoffState.COMPLETED)
        assert_never_silent(talk)


@pytest.mark.fault("A12")
async def test_target_that_says_nothing_has_not_said_yes(stack: Stack) -> None:
    async with fault(stack, **STALLED), conversation(stack) as talk:
        await talk.is_greeted()
        known = busy_processes(stack)
        await talk.says(TO_TECHNICAL)
        await is_deciding(stack)
        target = await new_process(stack, known)
        os.kill(target, signal.SIGSTOP)
        try:
            await talk.meets_another(hears_out=False)
        finally:
            with suppress(ProcessLookupError):  # the worker ends a job that is no longer wanted
                os.kill(target, signal.SIGCONT)
        await talk.handoff(HandoffState.COMPLETED)
        first, second = await talk.attempts()

        # Its worker declares it dead before the limit for answers has passed.
        assert (first.target, first.outcome) == ("technical", HandoffState.FAILED)
        assert first.reason == "was lost before its answer: it left the room"
        assert (second.target, second.outcome) == ("billing", HandoffState.COMPLETED)
        await talk.only_the_holder_is_left()
        assert talk.caller.speakers() == tuple(talk.met)
        assert_never_silent(talk)


async def job_status(talk: Conversation, job: str | None) -> agent_proto.JobStatus | None:
    """Returns LiveKit's status; None if the dispatch was withdrawn. Baton never asks: it trusts the store."""
    dispatches = await talk.api.agent_dispatch.list_dispatch(talk.room)
    jobs = {each.id: each.state.status for dispatch in dispatches for each in dispatch.state.jobs}
    return jobs.get(str(job))


def assert_never_silent(talk: Conversation) -> None:
    silence = talk.longest_silence()
    assert silence.end_ms - silence.start_ms <= SILENCE_LIMIT_MS, silence


def assert_music_only_between_voices(talk: Conversation) -> None:
    voices = talk.caller.sounds()
    music = talk.music_sounds()
    assert music, "waiting outlasted the hold line"
    assert all(not overlap(voice, sound) for voice in voices for sound in music), (voices, music)


def overlap(one: Span, other: Span) -> bool:
    """Whether two sounds overlap. Their tracks reach the caller through separate jitter buffers."""
    return one.start_ms + JITTER_MS < other.end_ms and other.start_ms + JITTER_MS < one.end_ms
