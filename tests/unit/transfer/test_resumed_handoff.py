"""A handoff whose holder was lost: the agent that recovers the call resumes it, from any state."""

from __future__ import annotations

import pytest

from persistence.records import Attempt, AttemptId, Handoff, HandoffState, JobId, WorkerId
from tests.support.handoff_world import BILLING, HANDOFF, HOLDER, TECHNICAL, World

pytestmark = [pytest.mark.looptime, pytest.mark.fault("A6")]

S = HandoffState
OLD, GHOST = AttemptId("attempt-of-the-dead"), JobId("job-of-old")


async def brought_to(world: World, state: HandoffState) -> Handoff:
    """Return the handoff as a dead holder left it. Its target may have died as well."""
    row = await world.request(BILLING)
    at = world.clock.now_ms()
    if state is not S.REQUESTED:
        row = await world.store.begin_attempt(Attempt(OLD, HANDOFF, BILLING, at), previous=None, actor=HOLDER)
    if state in {S.BRIEFING, S.ACCEPTED}:
        row = await world.store.claim_attempt(HANDOFF, OLD, GHOST, worker=WorkerId("worker-1"), at=at)
    if state is S.ACCEPTED:
        row = await world.store.accept(HANDOFF, OLD, GHOST, at=at)
    return row


async def resume(world: World, row: Handoff) -> Handoff:
    return await world.settled(await world.run_handoff(row, [BILLING, TECHNICAL], resumed=True))


@pytest.mark.parametrize("state", [S.REQUESTED, S.DISPATCHING, S.BRIEFING, S.ACCEPTED])
async def test_the_same_target_is_called_again_and_takes_over(state: HandoffState) -> None:
    world = World()
    ended = await resume(world, await brought_to(world, state))
    await world.must_be_sound(ended)
    assert (ended.state, ended.target) == (S.COMPLETED, BILLING)
    attempts = await world.store.attempts(HANDOFF)
    lost = [(attempt.outcome, attempt.reason) for attempt in attempts if attempt.id == OLD]
    assert lost == ([] if state is S.REQUESTED else [(S.FAILED, "its holder was lost")])
    assert len(attempts) == (1 if state is S.REQUESTED else 2)


async def test_a_target_that_does_not_come_again_is_followed_by_another() -> None:
    world = World(absent=[BILLING])
    ended = await resume(world, await brought_to(world, S.DISPATCHING))
    await world.must_be_sound(ended)
    assert (ended.state, ended.target) == (S.COMPLETED, TECHNICAL)


async def test_when_nobody_comes_the_caller_is_told_and_stays() -> None:
    world = World(absent=[BILLING, TECHNICAL])
    ended = await resume(world, await brought_to(world, S.BRIEFING))
    await world.must_be_sound(ended)
    assert ended.state is S.UNANSWERED


async def test_a_handoff_that_has_ended_is_not_resumed() -> None:
    world = World()
    row = await world.hand_over(BILLING)
    assert await resume(world, row) is row
