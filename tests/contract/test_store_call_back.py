"""Which endings mean that somebody has to call back, and who has done so, in every store."""

from __future__ import annotations

from dataclasses import replace

import pytest

from errors import StaleHandoff
from persistence.contract.store import Store
from persistence.records import DEPLOY, Call, CallBack, CallEnd
from tests.contract.building import CALL, HOLDER, OPERATOR, START, WORKER, a_call, a_handoff, brought_to
from tests.contract.building import S as State


async def ended(store: Store, how: CallEnd) -> Call:
    call = await store.call(CALL)
    assert call is not None
    assert await store.end_call(CALL, how, job=call.holder_job, at=START + 9)
    over = await store.call(CALL)
    assert over is not None
    return over


@pytest.mark.parametrize(
    ("how", "why"),
    [
        (CallEnd.CALL_BACK, CallBack.PROMISED),
        (CallEnd.FAILED, CallBack.CUT_OFF),
        (CallEnd.TOO_LONG, CallBack.CUT_OFF),
        (CallEnd.CALLER_LEFT, None),
        (CallEnd.GOODBYE, None),
        (CallEnd.SILENT, None),
        (CallEnd.NO_CALLER, None),
        (CallEnd.OPERATOR, None),
    ],
)
async def test_the_end_of_a_call_without_handoffs_decides(
    store: Store, how: CallEnd, why: CallBack | None
) -> None:
    await store.open_call(a_call())
    assert (await ended(store, how)).call_back is why


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (State.REQUESTED, CallBack.LEFT_WAITING),
        (State.DISPATCHING, CallBack.LEFT_WAITING),
        (State.BRIEFING, CallBack.LEFT_WAITING),
        (State.ACCEPTED, CallBack.LEFT_WAITING),
        (State.ABANDONED, CallBack.LEFT_WAITING),
        (State.DECLINED, CallBack.NOT_REACHED),
        (State.UNANSWERED, CallBack.NOT_REACHED),
        (State.FAILED, CallBack.NOT_REACHED),
        (State.COMPLETED, None),
        (State.CANCELLED, None),
    ],
)
async def test_a_caller_who_hangs_up_is_called_back_unless_the_last_handoff_came_to_its_end(
    store: Store, state: State, why: CallBack | None
) -> None:
    await brought_to(store, state)
    assert (await ended(store, CallEnd.CALLER_LEFT)).call_back is why


async def test_a_caller_who_said_goodbye_after_a_failed_handoff_is_not_called_back(store: Store) -> None:
    await brought_to(store, State.FAILED)
    assert (await ended(store, CallEnd.GOODBYE)).call_back is None


async def test_the_latest_handoff_counts_and_a_deploys_does_not(store: Store) -> None:
    await brought_to(store, State.FAILED)
    deploy = replace(a_handoff(handoff_id="handoff-2", key="other", at=START + 5), requested_by=DEPLOY)
    await store.request_handoff(deploy, at_most=5)
    assert (await ended(store, CallEnd.CALLER_LEFT)).call_back is CallBack.NOT_REACHED


async def test_a_caller_who_hung_up_while_no_agent_was_there_is_called_back(store: Store) -> None:
    await store.open_call(a_call())
    await store.mark_lost(CALL, job=HOLDER, of=WORKER, by=WORKER, at=START + 1)
    assert await store.close_lost(CALL, CallEnd.CALLER_LEFT, by=WORKER, at=START + 2)
    call = await store.call(CALL)
    assert call is not None
    assert call.call_back is CallBack.LOST


async def test_one_operator_calls_back_and_the_feed_tells_who(store: Store, other: Store) -> None:
    await store.open_call(a_call())
    await ended(store, CallEnd.CALL_BACK)
    assert [call.id for call in await store.calls(to_call_back=True)] == [CALL]
    marked = await store.mark_called_back(CALL, by=OPERATOR, at=START + 20)
    assert (marked.called_back_by, marked.called_back_at) == (OPERATOR, START + 20)
    assert await other.call(CALL) == marked
    assert not await other.calls(to_call_back=True)
    event = (await store.events())[-1]
    assert (event.kind, event.subject, event.moved_from, event.moved_to, event.actor, event.at) == (
        ("call", CALL, "promised", "called_back", OPERATOR, START + 20)
    )
    with pytest.raises(StaleHandoff):
        await other.mark_called_back(CALL, by="another", at=START + 30)


async def test_where_nobody_has_to_call_back_nobody_has_done_it(store: Store) -> None:
    with pytest.raises(StaleHandoff):
        await store.mark_called_back(CALL, by=OPERATOR, at=START)
    await store.open_call(a_call())
    with pytest.raises(StaleHandoff):
        await store.mark_called_back(CALL, by=OPERATOR, at=START)
    await ended(store, CallEnd.GOODBYE)
    with pytest.raises(StaleHandoff):
        await store.mark_called_back(CALL, by=OPERATOR, at=START)
