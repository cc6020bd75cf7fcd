"""The target's side of a handoff by itself: who may hold the call, and who leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from errors import StoreUnusable
from persistence.contract.handoffs import Outcome
from persistence.records import Attempt, AttemptId, Completes, HandoffState, JobId, WorkerId
from persistence.write_queue import WriteQueue
from tests.support.fakes import START, FakeHolderLine, FakeStage, Wire
from tests.support.handoff_world import BILLING, HANDOFF, HOLDER, SETTINGS, TURNS, World
from transfer.holder.brief import make_brief
from transfer.holder.summary import as_note
from transfer.ports import Summary
from transfer.protocol import SummaryNote, TakeHandoff, TakeOver
from transfer.target.target import BEAT_MS, Target

pytestmark = pytest.mark.looptime

FIRST = AttemptId("attempt-1")
NOTE = as_note(Summary(matter="you were charged twice", done="", wanted="", mood=""))
TASK = TakeHandoff(
    role=BILLING, call="call-1", handoff=HANDOFF, attempt=FIRST, holder="agent-job-holder", caller="caller-1"
)


class Called:
    """A target whose holder the test plays."""

    def __init__(self, world: World, wire: Wire, job: str) -> None:
        self.world, self.wire, self.job = world, wire, JobId(job)
        self.stage = FakeStage(world.steps, world.clock, wire)
        self.write_queue = WriteQueue()
        self.target = Target(
            store=world.store,
            stage=self.stage,
            line=FakeHolderLine(wire, world.steps),
            clock=world.clock,
            settings=SETTINGS,
            write_queue=self.write_queue,
            job=self.job,
            worker=WorkerId("worker-1"),
        )

    async def accepted(self) -> asyncio.Task[bool]:
        run = asyncio.create_task(self.target.answer_attempt(TASK))
        await self.wire.answered
        return run

    def is_called(self, *, ago_ms: int = 0, on_hold_ms: int | None = None, said: Sequence[str] = ()) -> None:
        """The holder hands over; its last sound was `ago_ms` ago."""
        last_sound_at = self.world.clock.now_ms() - ago_ms
        asked = TakeOver(
            handoff=HANDOFF, last_sound_at=last_sound_at, on_hold_ms=on_hold_ms, said=tuple(said)
        )
        self.wire.called.set_result(asked)


async def called(
    job: str = "job-1", world: World | None = None, *, completes: Completes = Completes.AUTO
) -> Called:
    if world is None:
        world = World(completes=completes)
        handoff = await world.request(BILLING)
        await world.store.begin_attempt(Attempt(FIRST, HANDOFF, BILLING, START), previous=None, actor=HOLDER)
        world.switchboard.open(TASK, make_brief(handoff, turns=TURNS, facts={}))
    return Called(world, world.switchboard.wires[FIRST], job)


async def test_second_claim_leaves_before_joining() -> None:
    first = await called("job-1")
    second = await called("job-2", first.world)
    holds = await first.accepted()
    assert await second.target.answer_attempt(TASK) is False
    assert second.world.steps.count("target.join") == 1
    first.is_called()
    assert await holds is True


async def test_a_target_that_comes_late_leaves_unheard() -> None:
    late = await called()
    ended = Outcome(HandoffState.UNANSWERED, "did not come in time")
    await late.world.store.end_handoff(HANDOFF, ended, attempt_id=FIRST, actor=HOLDER, at=START)
    assert await late.target.answer_attempt(TASK) is False
    assert late.world.steps.count("target.join") == 0


async def test_when_the_holder_dies_after_the_answer_the_target_takes_over_at_once() -> None:
    target = await called()
    holds = await target.accepted()
    target.wire.summary.set_result(NOTE)
    await asyncio.sleep(1)
    died = asyncio.get_running_loop().time()
    target.wire.holder_left.set()
    assert await holds is True
    first_sound_s = target.world.steps.when("target.go_on_air")
    assert first_sound_s - died < 0.05, "without a beat: nobody's last sound is on its way"
    row = await target.world.row()
    assert row.state is HandoffState.COMPLETED
    call = await target.world.store.call(row.call_id)
    assert call is not None
    assert call.holder_job == target.job


@pytest.mark.fault("N1")
@pytest.mark.parametrize("holder_dies", [True, False])
async def test_a_target_that_nobody_would_hear_takes_over_from_nobody(holder_dies: bool) -> None:
    target = await called()
    target.stage.voice = False
    holds = await target.accepted()
    target.wire.summary.set_result(NOTE)
    await target.wire.prepared.wait()
    if holder_dies:
        target.wire.holder_left.set()
    else:
        target.is_called()
    assert await holds is False
    assert target.wire.taken.result() is False
    assert (await target.world.row()).state is HandoffState.ACCEPTED, "another agent goes on with it"
    assert not target.stage.joined


@pytest.mark.fault("A10")
async def test_when_the_holder_dies_while_the_answer_is_on_its_way_the_target_takes_over_at_once() -> None:
    this = await called()

    async def dies_unheard() -> None:
        this.wire.holder_left.set()
        await asyncio.sleep(60)

    this.world.steps.at("target.answer", dies_unheard)
    began_at = asyncio.get_running_loop().time()
    assert await this.target.answer_attempt(TASK)
    assert asyncio.get_running_loop().time() - began_at < 1
    row = await this.world.row()
    assert (row.state, row.target_job) == (HandoffState.COMPLETED, this.job)


async def test_when_the_holder_dies_before_the_answer_the_target_leaves() -> None:
    target = await called()
    target.stage.decides_on_summary = True
    run = asyncio.create_task(target.target.answer_attempt(TASK))
    await target.wire.came.wait()
    target.wire.holder_left.set()
    assert await run is False
    assert not target.stage.joined


async def test_a_target_that_is_not_needed_any_more_leaves_at_once() -> None:
    target = await called()
    run = await target.accepted()
    released = asyncio.get_running_loop().time()
    target.wire.released.set()
    assert await run is False
    assert asyncio.get_running_loop().time() == released
    assert not target.stage.joined


async def test_whoever_loses_the_write_does_not_speak() -> None:
    target = await called()
    run = await target.accepted()
    ended = Outcome(HandoffState.CANCELLED, "a mistake")
    await target.world.store.end_handoff(HANDOFF, ended, attempt_id=None, actor="an operator", at=START)
    target.is_called()
    assert await run is False
    assert target.wire.taken.result() is False
    assert target.world.steps.count("target.go_on_air") == 0


async def test_the_write_comes_before_the_first_sound_and_the_seam_is_saved() -> None:
    target = await called()
    run = await target.accepted()
    target.wire.summary.set_result(NOTE)
    await asyncio.sleep(3)
    target.is_called(ago_ms=40)
    assert await run is True
    await target.write_queue.close(1)
    assert target.world.steps.when("complete") <= target.world.steps.when("target.go_on_air")
    assert target.wire.taken.result() is True
    row = await target.world.row()
    assert (row.seam_ms, row.silence_ms) == (BEAT_MS + 300, BEAT_MS + 300), "the beat began 40 ms before"


async def test_what_is_too_soft_to_be_heard_is_a_part_of_the_pause() -> None:
    target = await called()
    run = await target.accepted()
    target.wire.summary.set_result(NOTE)
    await asyncio.sleep(3)
    target.stage.soft_start_ms = 150
    target.is_called()
    assert await run is True
    await target.write_queue.close(1)
    assert (await target.world.row()).seam_ms == BEAT_MS - 150 + 300


async def test_words_that_nobody_has_answered_are_the_stages_and_the_hold_lasts_until_it_speaks() -> None:
    target = await called()
    run = await target.accepted()
    target.wire.summary.set_result(NOTE)
    await asyncio.sleep(3)
    target.is_called(on_hold_ms=4_000, said=["One more thing."])
    assert await run is True
    await target.write_queue.close(1)
    assert target.stage.said == ("One more thing.",)
    assert (await target.world.row()).on_hold_ms == 4_000 + BEAT_MS + 300


async def test_the_holder_hears_that_it_is_prepared_only_once_it_is() -> None:
    target = await called()
    run = await target.accepted()
    await asyncio.sleep(1)
    assert not target.wire.prepared.is_set(), "the summary is not there yet"
    target.wire.summary.set_result(NOTE)
    await target.wire.prepared.wait()
    assert target.stage.knows is not None
    target.wire.released.set()
    await run


async def test_a_store_that_fails_at_the_take_over_leaves_the_holders_word_and_the_row_follows() -> None:
    target = await called()
    run = await target.accepted()

    async def fail() -> None:
        raise StoreUnusable("disk full")

    target.world.steps.at("complete", fail, times=10)
    target.is_called()
    assert await run is True
    assert (await target.world.row()).state is HandoffState.ACCEPTED
    await target.write_queue.close(30)
    assert (await target.world.row()).state is HandoffState.COMPLETED


async def test_without_a_summary_it_prepares_on_the_brief_alone() -> None:
    target = await called()
    run = await target.accepted()
    await asyncio.sleep(SETTINGS.summary_limit_s + 1)
    assert target.stage.knows is not None
    assert target.stage.knows[1] is None
    target.wire.released.set()
    await run


async def test_a_holder_who_never_calls_is_not_waited_for_for_ever() -> None:
    target = await called()
    run = await target.accepted()
    assert await run is False
    assert asyncio.get_running_loop().time() == pytest.approx(SETTINGS.handoff_limit_s, abs=1)


async def test_a_target_that_an_operator_must_approve_waits_as_long_as_the_operator_may() -> None:
    target = await called(completes=Completes.OPERATOR)
    run = await target.accepted()
    await asyncio.sleep(SETTINGS.approval_limit_s + SETTINGS.handoff_limit_s - 2)
    assert await target.world.approve()
    target.is_called()
    assert await run is True


async def test_a_target_without_its_approval_does_not_speak() -> None:
    target = await called(completes=Completes.OPERATOR)
    run = await target.accepted()
    target.is_called()
    assert await run is False
    assert target.world.steps.count("target.go_on_air") == 0


def test_the_note_holds_all_of_the_summary_in_words() -> None:
    summary = Summary(matter="you were charged twice", done="I checked.", wanted="money back", mood="")
    assert as_note(summary) == SummaryNote(
        matter="you were charged twice",
        words="Matter: you were charged twice. Done: I checked. Wanted: money back.",
    )
