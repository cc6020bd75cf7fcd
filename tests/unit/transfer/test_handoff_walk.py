"""Every step of a handoff with everything that can go wrong: no caller is lost, the row ends once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from errors import LineFailed, StaleHandoff, StoreUnusable, SummaryFailed, VoiceFailed
from persistence.contract.handoffs import Outcome
from persistence.records import HandoffState
from tests.support.handoff_world import BILLING, SALES, TECHNICAL, World

# Nothing comes from outside the loop, so it need not poll again before it lets time pass.
pytestmark = pytest.mark.looptime(noop_cycles=1)

Trouble = Callable[[World], Awaitable[None]]

VOICE = ["close_ears", "hold", "start_music", "stop_music", "introduce"]
LINE = ["ready", "answer", "tell", "take_over"]
DISPATCHING = ["dispatch"]
STORE = ["begin_attempt", "note_dispatch", "save_summary", "save_timings", "handoff"]
TARGET = ["target.join", "target.ready", "target.decide", "target.answer", "target.begin", "target.prepare"]
TARGET_STORE = ["claim_attempt", "accept", "complete"]
ALL = [*VOICE, *LINE, *DISPATCHING, *STORE, *TARGET, *TARGET_STORE, "summarize", "target.go_on_air"]
LAST = ["end_handoff", "go_on", "release", "withdraw"]
"""Steps that happen only if the handoff is not completed."""


def failing(error: type[Exception]) -> Trouble:
    async def fail(_world: World) -> None:
        raise error("so")

    return fail


async def hang(_world: World) -> None:
    await asyncio.Event().wait()


async def be_slow(_world: World) -> None:
    await asyncio.sleep(5)


async def cancel(world: World) -> None:
    world.cancel(by="an operator", reason="a mistake")


async def caller_leaves(world: World) -> None:
    world.caller_left()


async def operator_ends_the_row(world: World) -> None:
    row = await world.row()
    ended = Outcome(HandoffState.CANCELLED, "a mistake")
    await world.store.end_handoff(row.id, ended, attempt_id=None, actor="an operator", at=row.requested_at)
    world.row_moved()


async def operator_redirects(world: World) -> None:
    await world.redirect(SALES)


async def target_dies(world: World) -> None:
    """Its process and its participant vanish without a word."""
    for job, arrival in zip(world.dispatcher.jobs, world.arrivals, strict=False):
        if not arrival.wire.target_left.is_set():
            job.cancel()
            arrival.wire.target_left.set()


TROUBLES: dict[str, tuple[Trouble, list[str]]] = {
    "a bug": (failing(RuntimeError), [*VOICE, *LINE, *DISPATCHING, *TARGET, "summarize", *LAST[1:]]),
    "no answer": (hang, [*VOICE, *LINE, *DISPATCHING, *TARGET, "summarize", "target.go_on_air", *LAST[1:]]),
    "line failed": (failing(LineFailed), [*LINE, *DISPATCHING, "target.join", "target.ready"]),
    "answer lost": (failing(LineFailed), ["target.answer"]),
    "voice failed": (failing(VoiceFailed), ["hold", "introduce"]),
    "no summary": (failing(SummaryFailed), ["summarize"]),
    "store unusable": (failing(StoreUnusable), [*STORE, *TARGET_STORE, "end_handoff"]),
    "store slow": (be_slow, [*STORE, *TARGET_STORE, "end_handoff"]),
    "stale": (failing(StaleHandoff), [*TARGET_STORE, "begin_attempt", "end_handoff"]),
    "cancelled": (cancel, ALL),
    "caller leaves": (caller_leaves, ALL),
    "row ended": (operator_ends_the_row, [step for step in ALL if step != "handoff"]),
    "redirected": (operator_redirects, ALL),
    "target dies": (target_dies, ALL),
}
WALK = [(step, name) for name, (_, steps) in TROUBLES.items() for step in steps]


async def walked(step: str, name: str, world: World, *targets: str, times: int = 1) -> HandoffState:
    trouble, _ = TROUBLES[name]
    world.steps.at(step, partial(trouble, world), times=times)
    async with asyncio.timeout(120):
        ended = await world.hand_over(*(BILLING if target == "billing" else TECHNICAL for target in targets))
    await world.must_be_sound(ended)
    return ended.state


async def test_with_one_target(subtests: pytest.Subtests) -> None:
    for step, name in WALK:
        with subtests.test(step=step, trouble=name):
            await walked(step, name, World(), "billing")


async def test_with_a_second_target_that_may_serve(subtests: pytest.Subtests) -> None:
    for step, name in WALK:
        with subtests.test(step=step, trouble=name):
            await walked(step, name, World(), "billing", "technical")


async def test_when_it_goes_wrong_twice(subtests: pytest.Subtests) -> None:
    for step, name in WALK:
        with subtests.test(step=step, trouble=name):
            await walked(step, name, World(), "billing", "technical", times=2)


async def test_while_a_handoff_is_failing_already(subtests: pytest.Subtests) -> None:
    last = [(step, name) for step in LAST for name in ("cancelled", "caller leaves", "no answer")]
    for step, name in [*WALK, *last]:
        trouble = "store slow" if (step, name) == ("end_handoff", "no answer") else name
        with subtests.test(step=step, trouble=trouble):
            world = World(absent=[BILLING], declining=[TECHNICAL])
            await walked(step, trouble, world, "billing", "technical")


async def test_with_three_troubles_at_once(subtests: pytest.Subtests) -> None:
    for seed in range(200):
        with subtests.test(seed=seed):
            await walked_with_three_troubles(seed)


async def walked_with_three_troubles(seed: int) -> None:
    chance = random.Random(seed)
    world = World(
        absent=chance.choice([(), (), (BILLING,)]),
        declining=chance.choice([(), (), (TECHNICAL,)]),
        screening=chance.choice([True, False]),
    )
    # Without a store, holder and row may disagree for a while: other tests walk that.
    walk = [(step, name) for step, name in WALK if not name.startswith("store") and step != "end_handoff"]
    for step, name in chance.sample(walk, 2):
        world.steps.at(step, partial(TROUBLES[name][0], world), times=chance.choice([1, 2]))
    await walked(*chance.choice(walk), world, "billing", "technical")


async def test_the_walk_reaches_every_step() -> None:
    world = World(absent=[BILLING])
    await world.hand_over(BILLING, TECHNICAL)
    other = World(declining=[BILLING])
    await other.hand_over(BILLING)
    reached = {step for _, step in [*world.steps.taken, *other.steps.taken]}
    assert {*ALL, *LAST} <= reached


S = HandoffState
OUTCOMES = [
    *(("no answer", step, S.UNANSWERED) for step in ("target.join", "target.ready", "target.decide")),
    # The row is accepted by then, and the holder does not know: such a row cannot end as unanswered.
    *(("no answer", step, S.FAILED) for step in ("ready", "answer", "target.answer", "take_over")),
    *(("no answer", step, S.COMPLETED) for step in (*VOICE, "summarize", "tell", "target.prepare")),
    *(("line failed", step, S.FAILED) for step in ("ready", "answer", "take_over", "dispatch")),
    *(("voice failed", step, S.COMPLETED) for step in ("hold", "introduce")),
    *(("store unusable", step, S.COMPLETED) for step in (*STORE[1:], *TARGET_STORE)),
    *(("store slow", step, S.COMPLETED) for step in (*STORE[1:], "accept", "complete")),
    ("store unusable", "begin_attempt", S.FAILED),
    ("stale", "complete", S.FAILED),
    *(("target dies", step, S.FAILED) for step in ("answer", "introduce", "take_over")),
    *((name, "introduce", S.CANCELLED) for name in ("cancelled", "row ended")),
    *(("caller leaves", step, S.ABANDONED) for step in ("hold", "ready", "answer", "introduce")),
    # The target records itself as the holder at that very moment; it will notice that the caller has left.
    ("caller leaves", "complete", S.COMPLETED),
]


async def test_each_trouble_has_its_typed_outcome(subtests: pytest.Subtests) -> None:
    for name, step, outcome in OUTCOMES:
        with subtests.test(trouble=name, step=step):
            assert await walked(step, name, World(), "billing") is outcome
