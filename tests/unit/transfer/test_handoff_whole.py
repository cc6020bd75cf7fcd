"""Whole handoffs: the holder's and the target's side against each other, under virtual time."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from persistence.records import Attempt, AttemptId, HandoffState, SummarySource, Turn
from tests.support.fakes import HOLD_LINE_S, INTRODUCTION_S, START
from tests.support.handoff_world import (
    BILLING,
    CALL,
    FRONT_DESK,
    HANDOFF,
    HOLDER,
    REASON,
    TECHNICAL,
    TURNS,
    World,
)
from transfer.target.target import BEAT_MS

pytestmark = pytest.mark.looptime


async def test_a_handoff_completes_and_the_target_knows_the_matter() -> None:
    world = World()
    ended = await world.hand_over(BILLING, TECHNICAL)
    await world.must_be_sound(ended)
    assert ended.state is HandoffState.COMPLETED
    assert world.voice.said == ["Please wait for billing.", "Here is billing."]
    (arrival,) = world.arrivals
    assert arrival.stage.on_air
    brief, summary = arrival.stage.knows or (None, None)
    assert brief is not None
    assert brief.reason == REASON
    assert brief.turns[-1].text == "I was charged twice."
    assert summary is not None
    assert summary.facts == {"order": "17"}
    row = await world.row()
    assert row.summary_source is SummarySource.MODEL
    assert row.seam_ms == row.silence_ms == BEAT_MS + 300, "a beat, and what the first sound takes"
    assert (row.on_hold_ms, row.music_ms) == (0, 0), "billing was there before the hold line ended"
    assert row.time_to_target_ms == (HOLD_LINE_S + INTRODUCTION_S) * 1000 + BEAT_MS + 300


async def test_the_target_accepts_while_the_hold_line_is_still_spoken() -> None:
    world = World()
    await world.hand_over(BILLING)
    assert world.steps.when("accept") < 0.6 < HOLD_LINE_S
    assert world.steps.when("introduce") == pytest.approx(HOLD_LINE_S)
    assert world.steps.when("complete") == pytest.approx(HOLD_LINE_S + INTRODUCTION_S)
    assert world.steps.count("start_music") == 0


async def test_music_fills_the_wait_after_the_hold_line_and_ends_before_the_next_words() -> None:
    world = World(absent=[BILLING])
    ended = await world.hand_over(BILLING, TECHNICAL)
    await world.must_be_sound(ended)
    assert ended.state is HandoffState.COMPLETED
    assert ended.target == TECHNICAL
    assert world.steps.when("start_music") == pytest.approx(HOLD_LINE_S)
    assert world.steps.when("start_music") < world.steps.when("stop_music") <= world.steps.when("introduce")
    assert world.voice.said == [
        "Please wait for billing.",
        "Please wait for technical instead.",
        "Thank you. Here is technical.",
    ]
    row, introduced_at = await world.row(), world.steps.when("introduce")
    assert row.on_hold_ms == pytest.approx((introduced_at - HOLD_LINE_S) * 1000)
    assert row.music_ms == pytest.approx((introduced_at - HOLD_LINE_S - HOLD_LINE_S) * 1000)


async def test_a_caller_who_was_on_hold_when_the_holder_was_lost_is_thanked_for_waiting() -> None:
    world = World()
    handoff = await world.request(BILLING)
    attempt = Attempt(AttemptId("attempt-lost"), HANDOFF, BILLING, handoff.requested_at)
    handoff = await world.store.begin_attempt(attempt, previous=None, actor=HOLDER)
    asked = Turn(CALL, 2, FRONT_DESK, "Please wait for billing.", START + 500, START + 1500)
    await asyncio.sleep(9)  # until another agent takes its place
    resumed = await world.run_handoff(handoff, [BILLING], resumed=True, turns=[*TURNS, asked])
    await world.must_be_sound(await world.settled(resumed))
    assert world.voice.said == ["Please wait for billing.", "Thank you. Here is billing."]
    assert (await world.row()).on_hold_ms == 7_500


async def test_with_a_short_introduction_the_hold_line_ends_with_its_sentence_and_the_target_speaks() -> None:
    world = World(short=True)
    await world.must_be_sound(await world.hand_over(BILLING))
    assert world.voice.said == ["One moment."], "billing had said yes before it ended"
    assert world.steps.when("accept") < HOLD_LINE_S
    row = await world.row()
    assert row.time_to_target_ms == HOLD_LINE_S * 1000 + BEAT_MS + 300
    assert row.seam_ms == row.on_hold_ms == BEAT_MS + 300, "nobody spoke with the caller in between"
    assert world.steps.count("start_music") == 0


async def test_the_whole_hold_line_is_said_to_a_caller_whose_target_is_slow_and_they_are_thanked() -> None:
    world = World(short=True)
    world.steps.at("dispatch", partial(asyncio.sleep, 4.5))
    world.steps.at("target.answer", partial(asyncio.sleep, 4.5))
    ended = await world.hand_over(BILLING)
    await world.must_be_sound(ended)
    assert ended.state is HandoffState.COMPLETED
    assert world.voice.said == ["One moment.", "I get billing.", "It takes a while.", "Thank you."]
    assert world.steps.count("start_music") == 1


async def test_music_waits_for_a_target_that_has_said_yes_and_fills_a_longer_wait() -> None:
    for slow_s, music in ((HOLD_LINE_S, 0), (HOLD_LINE_S + 2, 1)):
        world = World(short=True)
        world.steps.at("target.prepare", partial(asyncio.sleep, slow_s))
        await world.must_be_sound(await world.hand_over(BILLING))
        assert world.voice.said == ["One moment."]
        assert world.steps.count("start_music") == music
        row = await world.row()
        assert row.seam_ms == pytest.approx(BEAT_MS + 300, abs=1500 if music else 700)
        if not music:
            assert row.on_hold_ms == row.seam_ms, "the silence before the target speaks counts once"


@pytest.mark.parametrize("late", ["the holder's figures", "nobody's"])
async def test_time_on_hold_is_whole_whoever_writes_first_and_another_targets_hold_line_is_part_of_it(
    late: str,
) -> None:
    world = World(short=True)
    if late == "the holder's figures":
        world.steps.at("save_timings", partial(asyncio.sleep, 3))
    asyncio.get_running_loop().call_later(1, lambda: asyncio.ensure_future(world.redirect(TECHNICAL)))
    await world.must_be_sound(await world.hand_over(BILLING))
    assert world.voice.said == ["One moment.", "Please wait for technical instead."]
    row = await world.row()
    assert row.on_hold_ms == HOLD_LINE_S * 1000 + BEAT_MS + 300
    assert (row.music_ms, row.seam_ms) == (0, BEAT_MS + 300)
    assert row.time_to_target_ms == 2 * HOLD_LINE_S * 1000 + BEAT_MS + 300, "from the first request"


async def test_caller_who_speaks_is_heard_out_and_their_words_go_to_the_target() -> None:
    world = World(short=True)
    world.voice.caller_speaks_until = HOLD_LINE_S + 3
    world.voice.kept = ["And it was my last invoice.", "One more thing."]
    await world.must_be_sound(await world.hand_over(BILLING))
    assert world.arrivals[0].stage.said == ("And it was my last invoice.", "One more thing.")
    assert world.steps.when("take_over") == pytest.approx(HOLD_LINE_S + 3)
    assert (await world.row()).seam_ms == BEAT_MS + 300, "from the caller's last word"


async def test_caller_who_stops_the_hold_line_hears_no_more_of_it_and_the_handoff_goes_on() -> None:
    world = World(short=True)
    world.steps.at("dispatch", partial(asyncio.sleep, 4.5))
    world.voice.stopped_after_s, world.voice.caller_speaks_until = 0.7, 2.5
    world.voice.kept = ["Stop, which desk is that?"]
    ended = await world.hand_over(BILLING)
    await world.must_be_sound(ended)
    assert ended.state is HandoffState.COMPLETED
    assert world.voice.said == ["Thank you."]
    assert world.steps.when("start_music") == pytest.approx(2.5), "once the caller has finished"
    assert world.arrivals[0].stage.said == ("Stop, which desk is that?",)


async def test_caller_who_stops_the_introduction_is_heard_out_and_answered_by_the_target() -> None:
    world = World()

    async def caller_says_wait() -> None:
        world.voice.stopped_after_s, world.voice.caller_speaks_until = 0.5, HOLD_LINE_S + 4

    world.steps.at("introduce", caller_says_wait)
    world.voice.kept = ["Wait, I have one more thing."]
    ended = await world.hand_over(BILLING)
    await world.must_be_sound(ended)
    assert ended.state is HandoffState.COMPLETED
    assert world.voice.said == ["Please wait for billing."]
    assert world.steps.when("take_over") == pytest.approx(HOLD_LINE_S + 4)
    assert world.arrivals[0].stage.said == ("Wait, I have one more thing.",)


async def test_caller_who_never_stops_does_not_keep_the_target_for_ever() -> None:
    world = World()
    world.voice.caller_speaks_until = 1_000.0
    ended = await world.hand_over(BILLING)
    await world.must_be_sound(ended)
    assert ended.state is HandoffState.COMPLETED


@pytest.mark.fault("C1")
async def test_music_begins_as_soon_as_a_room_out_of_reach_is_back() -> None:
    world = World(absent=[BILLING])
    world.voice.reachable = False
    back_s = HOLD_LINE_S + 1.1
    asyncio.get_running_loop().call_later(back_s, setattr, world.voice, "reachable", True)
    ended = await world.hand_over(BILLING, TECHNICAL)
    await world.must_be_sound(ended)
    assert ended.target == TECHNICAL
    begun = [at for at, step in world.steps.taken if step == "start_music"]
    assert begun[-1] == pytest.approx(back_s, abs=0.25)
    assert len(begun) > 1


async def test_a_decline_brings_the_caller_back_with_the_reason_in_the_context() -> None:
    world = World(declining=[BILLING])
    ended = await world.hand_over(BILLING)
    await world.must_be_sound(ended)
    assert ended.state is HandoffState.DECLINED
    assert world.voice.said == ["Please wait for billing.", "billing cannot."]
    assert "all lines are busy" in world.voice.happened[0]
    (attempt,) = await world.store.attempts(HANDOFF)
    assert (attempt.outcome, attempt.reason) == (HandoffState.DECLINED, "all lines are busy")


async def test_a_declined_target_is_followed_by_the_next() -> None:
    world = World(declining=[BILLING])
    ended = await world.hand_over(BILLING, TECHNICAL)
    await world.must_be_sound(ended)
    assert (ended.state, ended.target) == (HandoffState.COMPLETED, TECHNICAL)
    assert [attempt.outcome for attempt in await world.store.attempts(HANDOFF)] == [
        HandoffState.DECLINED,
        HandoffState.COMPLETED,
    ]


async def test_when_nobody_comes_the_caller_is_back_after_the_limits() -> None:
    world = World(absent=[BILLING, TECHNICAL])
    ended = await world.hand_over(BILLING, TECHNICAL)
    await world.must_be_sound(ended)
    assert ended.state is HandoffState.UNANSWERED
    assert world.voice.said[-1] == "technical did not answer."
    assert world.steps.when("go_on") == pytest.approx(10, abs=0.1)
    assert "billing: unanswered" in world.voice.happened[0]
    assert len(world.dispatcher.withdrawn) == 2


async def test_no_more_targets_are_tried_than_the_setting_allows() -> None:
    world = World(declining=[BILLING, TECHNICAL])
    await world.hand_over(BILLING, TECHNICAL, BILLING, TECHNICAL)
    assert len(await world.store.attempts(HANDOFF)) == 2


async def test_a_screening_target_decides_on_the_summary() -> None:
    world = World(screening=True)
    ended = await world.hand_over(BILLING)
    await world.must_be_sound(ended)
    assert ended.state is HandoffState.COMPLETED
    assert world.steps.when("tell") <= world.steps.when("target.decide")


async def test_a_row_that_was_carried_before_is_returned_as_it_is() -> None:
    world = World()
    ended = await world.hand_over(BILLING)
    taken = len(world.steps.taken)
    again = await world.run_handoff(ended, [BILLING])
    assert again == ended
    assert len(world.steps.taken) == taken
