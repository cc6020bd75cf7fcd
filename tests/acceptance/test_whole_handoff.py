"""One warm handoff on the real stack, recorded once and checked by every test here."""

from __future__ import annotations

import json

import pytest

from persistence.records import CALLER, CallEnd, HandoffState, SummarySource
from tests.support.recording import CHARGED, REFUND, Recording
from tests.support.said import as_said
from transfer.protocol import agent_identity

pytestmark = pytest.mark.asyncio(loop_scope="session")

TO_TARGET_LIMIT_MS = 6_000
SILENCE_LIMIT_MS = 4_000  # twice the product's own, as this machine is busy
REPLY_LIMIT_MS = 5_000


async def test_it_is_completed_by_one_attempt(recording: Recording) -> None:
    (attempt,) = recording.attempts
    handoff = recording.handoff
    assert (handoff.from_role, handoff.target, handoff.state) == (
        "front-desk",
        "billing",
        HandoffState.COMPLETED,
    )
    assert (handoff.requested_by, handoff.summary_source) == ("model", SummarySource.MODEL)
    assert (attempt.target, attempt.outcome, attempt.job) == (
        "billing",
        HandoffState.COMPLETED,
        handoff.target_job,
    )
    assert attempt.dispatch_id
    assert (
        handoff.requested_at
        <= attempt.started_at
        <= (attempt.claimed_at or 0)
        <= (handoff.accepted_at or 0)
        <= (handoff.ended_at or 0)
    )


async def test_its_events_tell_the_way_it_went(recording: Recording) -> None:
    moves = [(event.kind, event.moved_from, event.moved_to) for event in recording.events]
    assert [move[1:] for move in moves if move[0] == "handoff"] == [
        (None, "requested"),
        ("requested", "dispatching"),
        ("dispatching", "briefing"),
        ("briefing", "accepted"),
        ("accepted", "completed"),
    ]
    assert [move[1:] for move in moves if move[0] == "call"] == [
        (None, "front-desk"),
        ("front-desk", "billing"),
        ("billing", "caller_left"),
    ]
    assert [event.at for event in recording.events] == sorted(event.at for event in recording.events)


async def test_billing_holds_the_call_to_its_end(recording: Recording) -> None:
    call = recording.call
    assert (call.holder_role, call.holder_job) == ("billing", recording.handoff.target_job)
    assert call.ended_how is CallEnd.CALLER_LEFT


async def test_caller_hears_two_participants_one_after_the_other(recording: Recording) -> None:
    handoff, caller = recording.handoff, recording.caller
    assert handoff.target_job is not None
    assert caller.speakers() == (recording.first, recording.second)
    assert recording.first == agent_identity(handoff.from_job)
    assert recording.second == agent_identity(handoff.target_job)
    assert caller.sounds(recording.first)[-1].end_ms <= caller.sounds(recording.second)[0].start_ms


@pytest.mark.fault("B6")
async def test_second_agents_first_line_says_the_matter(recording: Recording) -> None:
    matter = json.loads(recording.handoff.summary or "{}")["matter"]
    line = next(turn.text for turn in recording.turns if turn.speaker == "billing")
    assert matter in line
    assert "billing desk" in line


async def test_turns_of_both_stand_in_their_order(recording: Recording) -> None:
    assert [turn.seq for turn in recording.turns] == list(range(1, len(recording.turns) + 1))
    spoken = as_said(recording.turns, CHARGED, REFUND)
    speakers = [speaker for speaker, _ in spoken]
    front, billing = speakers.index("front-desk"), speakers.index("billing")
    assert front == 0
    assert "front-desk" not in speakers[billing:]
    assert spoken[1] == (CALLER, CHARGED)
    assert spoken[-2:] == [
        (CALLER, REFUND),
        ("billing", "I have refunded it."),
    ]


async def test_caller_is_told_who_comes_and_meets_them_within_six_seconds(recording: Recording) -> None:
    lines = [turn.text for turn in recording.turns if turn.speaker == "front-desk"]
    assert lines[1:] == ["One moment, I'll get the billing desk."]
    assert recording.to_target_ms <= TO_TARGET_LIMIT_MS


@pytest.mark.fault("A10")
async def test_first_agent_leaves_only_after_the_second_holds_the_call(recording: Recording) -> None:
    (left_at,) = (left.at for left in recording.bystander.left if left.identity == recording.first)
    taken_at = next(event.at for event in recording.events if event.moved_to == "completed")
    assert left_at >= taken_at


@pytest.mark.fault("B9")
async def test_second_agent_answers_its_first_turn_soon(recording: Recording) -> None:
    assert recording.reply_ms <= REPLY_LIMIT_MS


async def test_caller_is_never_left_in_silence_for_long(recording: Recording) -> None:
    assert recording.longest_silence_ms <= SILENCE_LIMIT_MS
