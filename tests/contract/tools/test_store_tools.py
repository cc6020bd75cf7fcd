"""What every store does with uses of the roles' own tools: recorded first, and with `once` never twice."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from errors import StaleHandoff
from persistence.contract.store import Store
from persistence.records import CallEnd, HandoffState, JobId, ToolUse, ToolUseId, ToolUseState
from tests.contract.building import (
    BILLING,
    CALL,
    FRONT_DESK,
    HOLDER,
    START,
    TARGET,
    WORKER,
    a_call,
    brought_to,
)

DONE, FAILED, UNKNOWN = ToolUseState.DONE, ToolUseState.FAILED, ToolUseState.UNKNOWN


def a_use(
    number: int = 1, *, arguments: str = '{"number": 4711}', once: bool = True, job: JobId = HOLDER
) -> ToolUse:
    return ToolUse(
        id=ToolUseId(f"use-{number}"),
        call_id=CALL,
        seq=0,
        role=FRONT_DESK,
        tool="refund",
        arguments=arguments,
        arguments_hash=f"hash of {arguments}",
        idempotency_key=f"key of {arguments}",
        once=once,
        job=job,
        began_at=START + number,
    )


async def recovered(store: Store) -> None:
    """Lose the holder, and have TARGET recover the call."""
    await store.keep_lease(WORKER, "host", lease_s=10, draining=False)
    await store.mark_lost(CALL, job=HOLDER, of=WORKER, by=WORKER, at=START)
    await store.recover_call(CALL, job=HOLDER, by=TARGET, role=FRONT_DESK, worker=WORKER, at=START)


async def ended(store: Store, use: ToolUse, state: ToolUseState, *, answer: str = "") -> ToolUse:
    return await store.end_tool_use(use.id, state, job=use.job, answer=answer, at=START + 100)


async def test_a_use_is_numbered_in_its_call_and_ends_once(store: Store, other: Store) -> None:
    await store.open_call(a_call())
    first = await store.begin_tool_use(a_use(1))
    second = await store.begin_tool_use(a_use(2, arguments="{}"))
    done = await ended(store, first, DONE, answer="refunded")
    assert second.seq == first.seq + 1
    assert (done.state, done.answer, done.ended_at) == (DONE, "refunded", START + 100)
    assert list(await other.tool_uses(CALL)) == [done, second]
    with pytest.raises(StaleHandoff):
        await ended(store, first, FAILED)


async def test_only_the_job_that_began_a_use_ends_it(store: Store) -> None:
    await store.open_call(a_call())
    use = await store.begin_tool_use(a_use())
    with pytest.raises(StaleHandoff):
        await ended(store, replace(use, job=TARGET), DONE)


async def test_the_same_use_of_a_once_tool_is_found_instead_of_begun(store: Store) -> None:
    await store.open_call(a_call())
    first = await store.begin_tool_use(a_use(1))
    assert await store.begin_tool_use(a_use(2)) == first
    done = await ended(store, first, DONE, answer="refunded")
    assert await store.begin_tool_use(a_use(3)) == done
    assert list(await store.tool_uses(CALL)) == [done]


async def test_a_use_that_failed_may_be_begun_again(store: Store) -> None:
    await store.open_call(a_call())
    await ended(store, await store.begin_tool_use(a_use(1)), FAILED, answer="no connection")
    again = await store.begin_tool_use(a_use(2))
    assert (again.id, again.state, again.answer, again.ended_at) == ("use-2", ToolUseState.BEGUN, "", None)
    assert list(await store.tool_uses(CALL)) == [again]


async def test_other_tools_may_be_used_again_and_again(store: Store) -> None:
    await store.open_call(a_call())
    for number in (1, 2):
        assert (await store.begin_tool_use(a_use(number, once=False))).id == f"use-{number}"


async def test_what_a_dead_process_began_becomes_unknown_and_stands_in_the_way(store: Store) -> None:
    await store.open_call(a_call())
    lost = await store.begin_tool_use(a_use(1))
    await recovered(store)
    await store.lose_tool_uses(CALL, by=TARGET, at=START + 50)
    for arguments in (lost.arguments, '{"number": "4711"}'):  # a model may word the same use differently
        found = await store.begin_tool_use(a_use(2, arguments=arguments, job=TARGET))
        assert (found.id, found.state) == (lost.id, UNKNOWN)
    # A process that was only cut off reports later how the use ended.
    assert (await ended(store, lost, DONE, answer="refunded")).state is DONE
    assert (await store.begin_tool_use(a_use(3, job=TARGET))).answer == "refunded"
    assert (await store.begin_tool_use(a_use(4, arguments="{}", job=TARGET))).id == "use-4"


async def test_own_uses_are_not_lost(store: Store) -> None:
    await store.open_call(a_call())
    use = await store.begin_tool_use(a_use())
    await store.lose_tool_uses(CALL, by=HOLDER, at=START)
    assert list(await store.tool_uses(CALL)) == [use]


@pytest.mark.parametrize("once", [True, False])
async def test_only_the_holder_of_an_open_call_begins_a_use(store: Store, *, once: bool) -> None:
    await store.open_call(a_call())
    with pytest.raises(StaleHandoff):
        await store.begin_tool_use(a_use(once=once, job=TARGET))
    await store.end_call(CALL, CallEnd.GOODBYE, job=HOLDER, at=START)
    with pytest.raises(StaleHandoff):
        await store.begin_tool_use(a_use(once=once))


async def test_after_a_handoff_the_target_begins_uses_and_the_old_holder_none(store: Store) -> None:
    await brought_to(store, HandoffState.COMPLETED)
    with pytest.raises(StaleHandoff):
        await store.begin_tool_use(a_use())
    assert (await store.begin_tool_use(replace(a_use(job=TARGET), role=BILLING))).role == BILLING


async def test_of_several_at_the_same_moment_one_begins(store: Store, other: Store) -> None:
    await store.open_call(a_call())
    began = await asyncio.gather(
        *(one.begin_tool_use(a_use(number)) for number, one in enumerate([store, other] * 5))
    )
    assert len({use.id for use in began}) == 1


async def test_uses_are_told_as_events_and_counted_by_tool(store: Store) -> None:
    await store.open_call(a_call())
    use = await store.begin_tool_use(a_use(1))
    await store.begin_tool_use(a_use(2, once=False))
    await ended(store, use, DONE)
    moves = [
        (event.subject, event.moved_from, event.moved_to)
        for event in await store.events()
        if event.kind == "tool"
    ]
    assert moves == [("use-1", None, "refund"), ("use-2", None, "refund"), ("use-1", "refund", "done")]
    assert await store.tool_uses_by_state() == {("refund", DONE): 1, ("refund", ToolUseState.BEGUN): 1}
    took = (await store.tool_durations([50, 1_000]))["refund"]
    assert (took.at_most, took.count, took.sum_ms) == ((0, 1), 1, 99)
