"""A link is down for a while: the caller's, or that of worker and agents."""

from __future__ import annotations

import asyncio

import pytest

from local.stack import Stack
from persistence.records import CallEnd
from tests.network.holding_on import is_answered_again, is_handed_over
from tests.network.hosts import Hosts
from tests.support.conversation import conversation
from tests.support.fault_report import FaultReport

# A network interface comes and goes here: another call that had chosen its address is cut off for 15 s.
pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.fault("B16"), pytest.mark.alone]

ANSWERED_S = 25.0
"""From the link's return to an answer, including the client's own reconnect."""


@pytest.mark.parametrize("seconds", [5, pytest.param(15, marks=pytest.mark.long)])
async def test_caller_who_was_cut_off_for_a_while_goes_on_with_the_same_agent(
    stack: Stack, network: Hosts, seconds: int
) -> None:
    async with conversation(stack) as talk:
        await talk.is_greeted()
        before = await talk.call()
        with network.cut_off("caller"):
            await asyncio.sleep(seconds)
        await is_answered_again(talk, limit_s=ANSWERED_S)
        assert await talk.call() == before
        assert talk.caller.speakers() == (talk.met[0],)


@pytest.mark.long
async def test_call_of_a_caller_who_was_cut_off_for_long_is_closed_once(stack: Stack, network: Hosts) -> None:
    async with conversation(stack) as talk:
        await talk.is_greeted()
        first = await talk.call()
        with network.cut_off("caller"):
            await asyncio.sleep(40)
            ended = await talk.store.call(first.id)
        events = await talk.store.events(call_id=first.id)

        assert ended is not None
        # Whichever is noticed first: that the caller says nothing, or that the connection is dead.
        assert ended.ended_how in {CallEnd.SILENT, CallEnd.CALLER_LEFT}
        assert [event.moved_to for event in events if event.kind == "call"] == ["front-desk", ended.ended_how]


@pytest.mark.fault("C1")
@pytest.mark.long
@pytest.mark.parametrize("seconds", [5, 15, 40])
async def test_caller_of_agents_who_were_cut_off_is_answered_again(
    stack: Stack, network: Hosts, fault_report: FaultReport, seconds: int
) -> None:
    async with conversation(stack) as talk:
        await talk.is_greeted()
        first = await talk.call()
        with network.cut_off("agents"):
            await asyncio.sleep(seconds)
        fault_report.strikes("agents' link")
        await is_answered_again(talk, limit_s=ANSWERED_S)
        call = await talk.call()
        assert (call.id, call.ended_at) == (first.id, None)
        await talk.only_the_holder_is_left()


@pytest.mark.fault("C1")
@pytest.mark.long
async def test_handoff_under_which_the_agents_are_cut_off_has_one_end_and_the_caller_an_answer(
    stack: Stack, network: Hosts
) -> None:
    async with conversation(stack) as talk:
        await talk.is_greeted()
        await talk.says("I was charged twice for my last invoice")
        await asyncio.sleep(1)
        with network.cut_off("agents"):
            await asyncio.sleep(5)
        await is_answered_again(talk, limit_s=60)
        events = [event for event in await talk.events() if event.kind == "handoff"]
        (row,) = await talk.handoffs()
        assert [event.moved_to for event in events].count(row.state) == 1
        await talk.only_the_holder_is_left()


@pytest.mark.long
@pytest.mark.parametrize("percent", [1, 5, 20])
async def test_caller_who_loses_packets_is_handed_over_and_answered(
    stack: Stack, network: Hosts, percent: int
) -> None:
    with network.losing("caller", percent):
        async with conversation(stack) as talk:
            await talk.is_greeted()
            await is_handed_over(talk, limit_s=90)
            await is_answered_again(talk, limit_s=40)
            await talk.only_the_holder_is_left()
            assert talk.caller.speakers() == tuple(talk.met)
