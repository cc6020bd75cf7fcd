"""The holder where time and order matter; the walk of all steps is in test_handoff_walk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from errors import StoreUnusable
from persistence.records import Handoff, HandoffState, RoleName
from tests.support.handoff_world import BILLING, HANDOFF, TECHNICAL, World
from transfer.holder.company import Reminders
from transfer.protocol import TakeOver

pytestmark = pytest.mark.looptime


def now() -> float:
    return asyncio.get_running_loop().time()


def after(seconds: float, *line: str) -> Reminders:
    """Return reminders with one line, which is due after so many seconds."""

    async def due(_: RoleName) -> AsyncGenerator[tuple[str, ...], None]:
        await asyncio.sleep(seconds)
        yield line

    return due


async def started(world: World) -> asyncio.Task[Handoff]:
    running = asyncio.create_task(world.hand_over(BILLING, TECHNICAL))
    await asyncio.sleep(1)
    return running


async def test_a_caller_who_hangs_up_is_let_go_at_once_and_so_is_the_target() -> None:
    world = World()
    running = await started(world)
    left = now()
    world.caller_left()
    ended = await running
    assert now() == left
    await world.must_be_sound(ended)
    assert ended.state is HandoffState.ABANDONED
    assert world.voice.said == []
    assert world.arrivals[0].wire.released.is_set()
    assert len(world.dispatcher.withdrawn) == 1


async def test_a_cancelled_handoff_lets_the_hold_line_end_before_the_next_words() -> None:
    world = World()
    running = await started(world)
    world.cancel(by="an operator", reason="a mistake")
    ended = await running
    await world.must_be_sound(ended)
    assert world.voice.said == ["Please wait for billing.", "We stay together."]
    assert "a mistake" in world.voice.happened[0]
    assert world.steps.when("release") == 1, "the target is let go while the hold line is still spoken"


async def test_a_cancelled_handoff_lets_the_sentence_under_way_end_and_no_more() -> None:
    world = World(short=True, absent=[BILLING])
    running = await started(world)
    world.cancel(by="an operator", reason="a mistake")
    await world.must_be_sound(await running)
    assert world.voice.said == ["One moment.", "We stay together."]


async def test_of_two_who_act_at_once_the_first_is_obeyed() -> None:
    world = World()
    running = await started(world)
    world.cancel(by="one operator", reason="a mistake")
    world.cancel(by="another", reason="also a mistake")
    world.caller_left()
    ended = await running
    await world.must_be_sound(ended)
    assert ended.state is HandoffState.CANCELLED
    assert (await world.store.events())[-1].actor == "one operator"


async def test_caller_and_target_who_leave_together_make_one_end() -> None:
    world = World()
    running = await started(world)
    world.arrivals[0].wire.target_left.set()
    world.caller_left()
    ended = await running
    await world.must_be_sound(ended)
    assert ended.state is HandoffState.ABANDONED


async def test_it_can_be_cancelled_after_the_answer() -> None:
    world = World()
    running = await started(world)
    assert (await world.row()).state is HandoffState.ACCEPTED
    world.cancel(by="an operator", reason="a mistake")
    assert (await running).state is HandoffState.CANCELLED


async def test_a_lost_reply_to_take_over_counts_as_completed_when_the_row_says_so() -> None:
    world = World()
    never = asyncio.Event()

    async def lose_reply() -> None:
        wire = world.arrivals[0].wire
        asked = TakeOver(handoff=HANDOFF, last_sound_at=world.clock.now_ms())
        wire.called.set_result(asked)
        await never.wait()

    world.steps.at("take_over", lose_reply)
    ended = await world.hand_over(BILLING, TECHNICAL)
    await world.must_be_sound(ended)
    assert ended.state is HandoffState.COMPLETED
    assert len(world.arrivals) == 1


async def test_without_a_store_from_the_first_attempt_on_the_caller_comes_back_and_the_row_follows() -> None:
    world = World()
    away_until = 20.0

    async def away() -> None:
        if now() < away_until:
            raise StoreUnusable("locked")

    for step in ("claim_attempt", "end_handoff", "note_dispatch", "save_summary", "save_timings", "handoff"):
        world.steps.at(step, away, times=200)
    running = asyncio.create_task(world.hand_over(BILLING))
    await asyncio.sleep(9)
    assert world.voice.said[-1] == "billing did not answer."
    assert world.voice.ears_open
    ended = await running
    await world.must_be_sound(ended)
    assert ended.state is HandoffState.UNANSWERED


async def test_a_handoff_whose_job_ends_in_the_middle_leaves_nothing_behind() -> None:
    world = World()
    running = await started(world)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await asyncio.gather(*world.dispatcher.jobs)
    assert not world.voice.speaking
    assert not world.arrivals[0].stage.joined
    assert len(world.dispatcher.withdrawn) == 1


async def test_signals_without_a_running_handoff_do_nothing() -> None:
    world = World()
    world.cancel(by="an operator", reason="too early")
    world.caller_left()
    world.row_moved()
    assert (await world.hand_over(BILLING)).state is HandoffState.COMPLETED


async def test_after_a_failed_introduction_the_next_target_is_waited_for_with_its_own_hold_line() -> None:
    world = World()

    async def lose() -> None:
        world.arrivals[0].wire.target_left.set()

    world.steps.at("take_over", lose)
    ended = await world.hand_over(BILLING, TECHNICAL)
    await world.must_be_sound(ended)
    assert (ended.state, ended.target) == (HandoffState.COMPLETED, TECHNICAL)
    assert world.voice.said == [
        "Please wait for billing.",
        "Here is billing.",
        "Please wait for technical instead.",
        "Here is technical.",
    ]


async def test_a_person_may_take_longer_to_answer_than_a_model_and_the_whole_handoff_with_them() -> None:
    world = World()
    usual = world.settings
    world.limits = lambda target: usual.with_person(25) if target == BILLING else usual
    world.answers_after_s = usual.answer_limit_s + usual.handoff_limit_s
    world.reminders = after(6.0, "billing is busy still.")
    ended = await world.hand_over(BILLING)
    await world.must_be_sound(ended)
    assert ended.state is HandoffState.COMPLETED
    assert world.voice.said[:2] == ["Please wait for billing.", "billing is busy still."]


async def test_a_caller_who_speaks_hears_how_long_it_takes_after_their_words_and_music_until_then() -> None:
    world = World()
    usual = world.settings
    world.limits = lambda _: usual.with_person(60)
    world.answers_after_s, world.voice.caller_speaks_until = 30.0, 14.0
    world.reminders = after(6.0, "You are next in line.", "It should take about a minute.")
    await world.must_be_sound(await world.hand_over(BILLING))
    assert world.voice.said[1:3] == ["You are next in line.", "It should take about a minute."]
    assert world.steps.when("stop_music") == pytest.approx(14.0)


async def test_a_caller_who_does_not_stop_speaking_is_told_nothing_and_hears_music() -> None:
    world = World()
    usual = world.settings
    world.limits = lambda _: usual.with_person(60)
    world.answers_after_s, world.voice.caller_speaks_until = 20.0, 200.0
    world.reminders = after(3.0, "You are next in line.")
    await world.must_be_sound(await world.hand_over(BILLING))
    assert "You are next in line." not in world.voice.said


@pytest.mark.parametrize(("there_after_s", "said"), [(5.0, "I have Mia from billing."), (60.0, "Thank you.")])
async def test_whoever_takes_the_call_is_named_if_that_is_known_in_time_and_nobody_waits_for_it(
    there_after_s: float, said: str
) -> None:
    async def named(target: RoleName) -> str:
        await asyncio.sleep(there_after_s)
        return f"I have Mia from {target}."

    world = World(short=True)
    usual = world.settings
    world.limits = lambda _: usual.with_person(60)
    world.answers_after_s, world.introductions = 20.0, named
    ended = await world.hand_over(BILLING)
    await world.must_be_sound(ended)
    assert ended.state is HandoffState.COMPLETED
    assert world.voice.said[-1] == said
    row = await world.row()
    assert row.accepted_at is not None
    assert row.ended_at is not None
    assert row.ended_at - row.accepted_at < 15_000
