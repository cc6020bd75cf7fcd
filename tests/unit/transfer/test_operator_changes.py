"""What an operator does to a handoff under way: approve it, redirect it, end it."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest

from persistence.contract.handoffs import Outcome
from persistence.records import Completes, Handoff, HandoffState, RoleName
from tests.support.fakes import HOLD_LINE_S
from tests.support.handoff_world import (
    BILLING,
    HANDOFF,
    OPERATOR,
    REASON,
    SALES,
    SETTINGS,
    TECHNICAL,
    World,
)
from tests.unit.transfer.test_handoff_walk import ALL

pytestmark = pytest.mark.looptime

ACCEPTED_AT_S = 0.6
LET_GO = "redirected to sales by an operator"


def asked_by_operator(**fields: object) -> World:
    return World(requested_by=OPERATOR, completes=Completes.OPERATOR, **fields)  # type: ignore[arg-type]


async def begun(world: World, *targets: RoleName, after_s: float = 1.0) -> asyncio.Task[Handoff]:
    running = asyncio.create_task(world.hand_over(*targets))
    await asyncio.sleep(after_s)
    return running


async def outcomes(world: World) -> list[tuple[RoleName, HandoffState | None, str | None]]:
    rows = await world.store.attempts(HANDOFF)
    return [(row.target, row.outcome, row.reason) for row in rows]


# --- approval


async def test_an_accepted_target_is_introduced_when_an_operator_approves() -> None:
    world = asked_by_operator()
    running = await begun(world, BILLING, after_s=60)
    assert world.voice.said == ["Please wait for billing."]
    assert world.voice.music
    assert await world.approve()
    ended = await running
    await world.must_be_sound(ended)
    assert ended.state is HandoffState.COMPLETED
    assert world.steps.when("introduce") == pytest.approx(60, abs=0.1)
    assert world.voice.said == ["Please wait for billing.", "Thank you. Here is billing."]
    row = await world.row()
    assert row.on_hold_ms == pytest.approx((60 - HOLD_LINE_S) * 1000, abs=100)
    assert row.music_ms == row.on_hold_ms


async def test_music_counts_until_its_last_sound_and_time_on_hold_until_the_next_word() -> None:
    world = asked_by_operator()
    world.steps.at("stop_music", partial(asyncio.sleep, 0.4))  # from its last sound until it is removed
    running = await begun(world, BILLING, after_s=10)
    assert await world.approve()
    await world.must_be_sound(await running)
    row = await world.row()
    assert row.music_ms == pytest.approx((10 - HOLD_LINE_S) * 1000, abs=100)
    assert row.music_ms is not None
    assert row.on_hold_ms == pytest.approx(row.music_ms + 400, abs=20)
    assert (row.silence_ms or 0) >= 400, "that was silence"


async def test_an_approval_that_comes_with_the_answer_is_not_missed() -> None:
    world = asked_by_operator()

    async def approve() -> None:
        assert await world.approve()

    world.steps.at("target.answer", approve)
    ended = await world.hand_over(BILLING)
    await world.must_be_sound(ended)
    assert ended.state is HandoffState.COMPLETED
    assert world.steps.when("introduce") == pytest.approx(HOLD_LINE_S)


async def test_an_approval_is_seen_though_the_store_is_away_when_it_is_looked_for() -> None:
    world = asked_by_operator()
    running = await begun(world, BILLING, after_s=10)

    async def away() -> None:
        await asyncio.sleep(30)

    world.steps.at("handoff", away, times=3)
    assert await world.approve()
    assert (await running).state is HandoffState.COMPLETED


async def test_without_approval_the_caller_is_back_after_the_operators_limit_and_not_before() -> None:
    world = asked_by_operator()
    ended = await world.hand_over(BILLING)
    await world.must_be_sound(ended)
    assert SETTINGS.approval_limit_s > SETTINGS.handoff_limit_s
    assert world.steps.when("go_on") == pytest.approx(ACCEPTED_AT_S + SETTINGS.approval_limit_s, abs=0.5)
    assert await outcomes(world) == [(BILLING, HandoffState.FAILED, "nobody approved it within 120 s")]
    assert "nobody approved it" in world.voice.happened[0]


async def test_time_spent_waiting_for_approval_is_not_the_handoffs() -> None:
    world = asked_by_operator()

    async def be_slow() -> None:
        await asyncio.sleep(9)  # an introduction may take 10 s

    world.steps.at("introduce", be_slow)
    running = await begun(world, BILLING, after_s=100)
    await world.approve()
    assert (await running).state is HandoffState.COMPLETED


async def test_a_target_that_leaves_while_it_waits_for_approval_is_noticed_at_once() -> None:
    world = asked_by_operator()
    running = await begun(world, BILLING, after_s=20)
    world.arrivals[0].wire.target_left.set()
    ended = await running
    await world.must_be_sound(ended)
    assert world.steps.when("go_on") == pytest.approx(20, abs=0.5)
    assert await outcomes(world) == [(BILLING, HandoffState.FAILED, "left while it waited for approval")]


async def test_a_caller_who_hangs_up_while_an_operator_thinks_is_let_go() -> None:
    world = asked_by_operator()
    running = await begun(world, BILLING, after_s=50)
    world.caller_left()
    ended = await running
    await world.must_be_sound(ended)
    assert ended.state is HandoffState.ABANDONED


# --- a handoff's end


@pytest.mark.fault("C13")
@pytest.mark.parametrize("after_s", [0.1, 0.3, 1.0, 50.0])
async def test_a_row_that_an_operator_ends_brings_the_caller_back_at_once(after_s: float) -> None:
    world = asked_by_operator()
    running = await begun(world, BILLING, after_s=after_s)
    taken_back = Outcome(HandoffState.CANCELLED, "a mistake")
    await world.store.end_handoff(HANDOFF, taken_back, attempt_id=None, actor=OPERATOR, at=0)
    world.row_moved()
    ended = await running
    await world.must_be_sound(ended)
    assert ended.state is HandoffState.CANCELLED
    assert world.voice.said == ["Please wait for billing.", "We stay together."]
    assert world.steps.when("go_on") == pytest.approx(max(after_s, HOLD_LINE_S), abs=0.1)
    assert "an operator took it back" in world.voice.happened[0]


async def test_a_target_is_let_go_at_once_when_an_operator_takes_the_handoff_back_with_a_slow_store(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A telephone that rings for the target must stop."""
    world = asked_by_operator()
    running = await begun(world, BILLING, after_s=2.0)
    taken_back = Outcome(HandoffState.CANCELLED, "a mistake")
    await world.store.end_handoff(HANDOFF, taken_back, attempt_id=None, actor=OPERATOR, at=0)
    end = world.store.end_handoff

    async def end_slowly(*args: Any, **more: Any) -> Any:
        await asyncio.sleep(3)
        return await end(*args, **more)

    monkeypatch.setattr(world.store, "end_handoff", end_slowly)
    world.row_moved()
    ended = await running
    await world.must_be_sound(ended)
    assert world.steps.when("release") == pytest.approx(2.0, abs=0.1)
    assert world.steps.count("release") == 1


async def test_a_handoff_taken_back_before_the_caller_heard_of_it_ends_without_a_word() -> None:
    world = asked_by_operator()

    async def take_back() -> None:
        taken_back = Outcome(HandoffState.CANCELLED, "a mistake")
        await world.store.end_handoff(HANDOFF, taken_back, attempt_id=None, actor=OPERATOR, at=0)

    world.steps.at("begin_attempt", take_back)
    ended = await world.hand_over(BILLING)
    assert ended.state is HandoffState.CANCELLED
    assert world.voice.said == []
    assert world.voice.ears_open
    assert asyncio.all_tasks() == {asyncio.current_task()}


# --- another target


@pytest.mark.parametrize("absent", [(BILLING,), ()])
async def test_a_redirected_caller_is_told_of_the_other_target_and_goes_there(
    absent: tuple[RoleName, ...],
) -> None:
    world = World(absent=absent)
    running = await begun(world, BILLING, TECHNICAL)
    assert await world.redirect(SALES)
    ended = await running
    await world.must_be_sound(ended)
    assert (ended.state, ended.target) == (HandoffState.COMPLETED, SALES)
    assert await outcomes(world) == [
        (BILLING, HandoffState.CANCELLED, LET_GO),
        (SALES, HandoffState.COMPLETED, None),
    ]
    assert world.voice.said == [
        "Please wait for billing.",
        "Please wait for sales instead.",
        "Here is sales.",
    ]


async def test_of_several_hasty_redirections_the_caller_hears_the_last_one() -> None:
    world = World()
    running = await begun(world, BILLING)
    for target in (TECHNICAL, SALES):
        assert await world.redirect(target)
        await asyncio.sleep(0.2)
    await world.must_be_sound(await running)
    assert world.voice.said == [
        "Please wait for billing.",
        "Please wait for sales instead.",
        "Here is sales.",
    ]


async def test_a_redirection_has_a_reason_and_a_note_of_its_own() -> None:
    world = World()
    running = await begun(world, BILLING)
    assert await world.redirect(SALES, reason="they want to buy", note="be kind")
    await world.must_be_sound(await running)
    told_first, told_then = (arrival.stage.knows for arrival in world.arrivals)
    assert told_first is None or told_first[0].reason == REASON
    assert told_then is not None
    brief, summary = told_then
    assert (brief.reason, brief.reason_is_private, brief.notes) == ("they want to buy", True, ("be kind",))
    assert summary is not None
    assert summary.matter == "they want to buy", "the model was asked again, with this reason"
    row = await world.row()
    assert (row.reason, row.redirect_reason) == (REASON, "they want to buy")
    assert '"matter": "they want to buy"' in (row.summary or "")


async def test_a_redirection_without_a_reason_keeps_the_first_one_and_its_summary() -> None:
    world = World()
    running = await begun(world, BILLING)
    assert await world.redirect(SALES)
    await running
    knows = world.arrivals[-1].stage.knows
    assert knows is not None
    assert (knows[0].reason, knows[0].reason_is_private, knows[0].notes) == (REASON, False, ())
    assert world.steps.count("summarize") == 1


async def test_after_a_redirection_the_other_target_waits_for_an_approval_of_its_own() -> None:
    world = asked_by_operator()
    running = await begun(world, BILLING, after_s=20)
    assert await world.redirect(SALES)
    await asyncio.sleep(50)
    row = await world.row()
    assert (row.state, row.target, row.redirect_to) == (HandoffState.ACCEPTED, SALES, None)
    assert world.voice.said == ["Please wait for billing.", "Please wait for sales instead."]
    assert await world.approve()
    ended = await running
    await world.must_be_sound(ended)
    assert (ended.state, ended.target) == (HandoffState.COMPLETED, SALES)


async def test_an_introduction_that_has_begun_is_spoken_to_its_end_before_another_target_is_tried() -> None:
    world = World()
    running = await begun(world, BILLING, after_s=HOLD_LINE_S + 1)
    assert await world.redirect(SALES)
    ended = await running
    await world.must_be_sound(ended)
    assert (ended.state, ended.target) == (HandoffState.COMPLETED, SALES)
    assert world.voice.said == [
        "Please wait for billing.",
        "Here is billing.",
        "Please wait for sales instead.",
        "Here is sales.",
    ]
    assert world.steps.count("take_over") == 1


async def test_a_redirection_in_the_moment_of_take_over_is_followed() -> None:
    world = World()

    async def redirect() -> None:
        assert await world.redirect(SALES)

    world.steps.at("complete", redirect)
    ended = await world.hand_over(BILLING)
    await world.must_be_sound(ended)
    assert (ended.state, ended.target) == (HandoffState.COMPLETED, SALES)
    assert (await outcomes(world))[0] == (BILLING, HandoffState.CANCELLED, LET_GO)


async def test_a_redirection_after_the_take_over_is_refused() -> None:
    world = World()
    assert (await world.hand_over(BILLING)).state is HandoffState.COMPLETED
    assert not await world.redirect(SALES)


@pytest.mark.parametrize("declining", [(), (BILLING,)])
async def test_a_redirection_while_an_attempt_begins_is_followed(declining: tuple[RoleName, ...]) -> None:
    world = World(declining=declining)

    async def redirect() -> None:
        assert await world.redirect(SALES)

    async def nothing() -> None:
        """The first attempt begins as usual."""

    if declining:
        world.steps.at("begin_attempt", nothing)
    world.steps.at("begin_attempt", redirect)
    ended = await world.hand_over(BILLING, TECHNICAL)
    await world.must_be_sound(ended)
    assert (ended.state, ended.target) == (HandoffState.COMPLETED, SALES)
    assert TECHNICAL not in {target for target, _, _ in await outcomes(world)}


async def test_a_redirection_is_no_attempt_that_is_spent() -> None:
    world = World(absent=[BILLING, TECHNICAL, SALES])
    running = await begun(world, BILLING)
    for target in (TECHNICAL, SALES, BILLING, TECHNICAL):
        assert await world.redirect(target)
        await asyncio.sleep(1)
    ended = await running
    await world.must_be_sound(ended)
    assert ended.state is HandoffState.UNANSWERED
    assert len(await world.store.attempts(HANDOFF)) == 5 > SETTINGS.attempts_per_handoff


async def test_when_the_target_of_a_redirection_declines_the_caller_is_back() -> None:
    world = World(declining=[SALES])
    running = await begun(world, BILLING, TECHNICAL)
    assert await world.redirect(SALES)
    ended = await running
    await world.must_be_sound(ended)
    assert ended.state is HandoffState.DECLINED
    assert world.voice.said == [
        "Please wait for billing.",
        "Please wait for sales instead.",
        "sales cannot.",
    ]


async def test_a_redirection_to_nobody_brings_the_caller_back() -> None:
    world = World()
    running = await begun(world, BILLING)
    assert await world.redirect(RoleName("no-such-desk"))
    ended = await running
    await world.must_be_sound(ended)
    assert ended.state is HandoffState.FAILED
    assert "there is no role 'no-such-desk'" in str((await outcomes(world))[-1][2])


@pytest.mark.parametrize("completes", Completes)
@pytest.mark.parametrize("step", ALL)
async def test_at_every_step_a_redirection_is_followed_or_comes_too_late(
    step: str, completes: Completes
) -> None:
    world = World(completes=completes)
    taken: list[bool] = []

    async def redirect(world: World) -> None:
        taken.append(await world.redirect(SALES))

    async def approve() -> None:
        await world.approve()

    if completes is Completes.OPERATOR:
        world.steps.at("target.answer", approve, times=5)
    world.steps.at(step, partial(redirect, world))
    async with asyncio.timeout(300):
        ended = await world.hand_over(BILLING, TECHNICAL)
    await world.must_be_sound(ended)
    if not any(taken):
        assert (ended.state, ended.target) == (HandoffState.COMPLETED, BILLING)
    elif ended.state is HandoffState.COMPLETED:
        assert ended.target == SALES
    else:
        # The first target was approved at the very moment in which another was asked for.
        assert completes is Completes.OPERATOR
