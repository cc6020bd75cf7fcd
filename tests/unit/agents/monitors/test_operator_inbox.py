"""How soon a holder sees an operator's request, and that a failing store does not end the call."""

from __future__ import annotations

import asyncio

import pytest

from errors import StoreUnusable
from persistence.records import CALLER, MODEL, Handoff, JobId, RequestKind, RequestState
from tests.support.fakes import START
from tests.support.handoff_world import CALL
from tests.support.operators_world import OperatedCall, a_handoff

pytestmark = pytest.mark.looptime

SEEN_WITHIN_S = 0.25


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_a_nudge_is_acted_on_at_once() -> None:
    held = OperatedCall()
    async with held.monitored():
        await asyncio.sleep(1.07)
        note = await held.asks(RequestKind.NOTE, "a regular", nudge=True)
        await asyncio.sleep(0.021)
        assert (await held.row(note)).state is RequestState.DONE


async def test_a_row_without_a_nudge_is_seen_within_a_quarter_of_a_second() -> None:
    held = OperatedCall()
    async with held.monitored():
        for tenth in range(10):
            await asyncio.sleep(0.3 + tenth * 0.023)
            note = await held.asks(RequestKind.NOTE, f"note {tenth}")
            await asyncio.sleep(SEEN_WITHIN_S)
            assert await held.waited_ms(note) <= SEEN_WITHIN_S * 1000


async def test_without_commits_only_the_counter_of_commits_is_read() -> None:
    held = OperatedCall()
    async with held.monitored():
        await asyncio.sleep(0.1)
        read, asked = held.steps.count("requests"), held.steps.count("changed")
        await asyncio.sleep(10)
        assert held.steps.count("requests") == read
        assert held.steps.count("changed") - asked == pytest.approx(50, abs=1)


async def test_a_flood_of_nudges_costs_a_read_every_20_ms_at_most() -> None:
    held = OperatedCall()
    async with held.monitored():
        await asyncio.sleep(0.1)
        read = held.steps.count("requests")
        for _ in range(1000):
            held.room.sends()
            await asyncio.sleep(0.001)
        assert held.steps.count("requests") - read <= 51


@pytest.mark.parametrize(("topic", "sender"), [("baton.nudge", object()), ("chat", None)])
async def test_participants_and_other_topics_are_no_nudges(topic: str, sender: object) -> None:
    held = OperatedCall()
    async with held.monitored():
        await asyncio.sleep(0.1)
        read = held.steps.count("requests")
        for _ in range(10):
            held.room.sends(topic, sender)
            await asyncio.sleep(0.01)
        assert held.steps.count("requests") == read


@pytest.mark.fault("C8")
async def test_a_store_that_does_not_answer_ends_nothing_and_is_polled_again() -> None:
    held = OperatedCall()

    async def fail() -> None:
        raise StoreUnusable("locked")

    async def hang() -> None:
        await asyncio.Event().wait()

    async with held.monitored():
        await asyncio.sleep(0.1)
        held.steps.at("changed", fail, times=3)
        held.steps.at("requests", hang, times=2)
        held.steps.at("take_request", fail)
        held.steps.at("end_request", fail, times=2)
        note = await held.asks(RequestKind.NOTE, "a regular", nudge=True)
        await asyncio.sleep(15)
        assert (await held.row(note)).state is RequestState.DONE
        assert held.notes == ["a regular"]


async def test_an_operators_handoff_of_this_holder_is_queued() -> None:
    held = OperatedCall()
    async with held.monitored():
        await asyncio.sleep(0.5)
        await held.store.request_handoff(a_handoff(), at_most=5)
        await asyncio.sleep(SEEN_WITHIN_S)
        assert {handoff.id for handoff in held.desk.ordered} == {a_handoff().id}


@pytest.mark.parametrize("handoff", [a_handoff(by=MODEL), a_handoff(job=JobId("another"))])
async def test_the_models_own_handoff_and_another_holders_are_not(handoff: Handoff) -> None:
    held = OperatedCall()
    async with held.monitored():
        held.store.database.execute("UPDATE calls SET holder_job = ?", (handoff.from_job,))
        await held.store.request_handoff(handoff, at_most=5)
        await asyncio.sleep(1)
        assert held.desk.ordered == []


async def test_any_commit_makes_the_open_handoffs_row_be_read_again() -> None:
    held = OperatedCall()
    async with held.monitored():
        await asyncio.sleep(0.5)
        looked = held.desk.looked
        await held.store.append_turn(CALL, CALLER, "hello", started_at=START, ended_at=START)
        await asyncio.sleep(SEEN_WITHIN_S)
        assert held.desk.looked == looked + 1
