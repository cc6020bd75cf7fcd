"""Dispatch metadata, a caller's attributes, and the addresses that a worker connects to."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass

import psutil
import pytest
import pytest_asyncio

from local.stack import Stack
from tests.life.hasty import Hasty
from tests.support.conversation import until
from tests.support.places import place
from tests.support.reading_along import Reader
from tests.support.running import logged

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOT_UNDERSTOOD = "dispatch metadata is not understood"
BAD = ['{"kind": "answer", "version": 2}', '{"kind": "answer"', '{"kind": "sing"}', '["answer"]']


async def test_metadata_that_is_not_understood_ends_its_job_and_nothing_else(stack: Stack) -> None:
    async def told() -> bool:
        return len(logged(stack, message=NOT_UNDERSTOOD, level="ERROR")) == len(BAD)

    async with place(stack) as here:
        for metadata in BAD:
            await here.dispatch(metadata)
        await until(told, f"{len(BAD)} errors in the log", limit_s=30)
        async with here.joined(alone=True) as caller:
            await here.conversation(caller).no_agent_is_left(limit_s=30)
            assert not caller.speakers()
        assert await here.rows() == []
    async with place(stack) as here, here.call() as talk:
        await talk.is_greeted()


@dataclass(frozen=True, slots=True)
class Told:
    """What the chat model got in a call with attributes, and where the worker's processes connected to."""

    reader: Reader
    peers: Collection[str]  # addresses of the connections that were open during the call
    asked: Collection[str]  # names looked up and addresses connected to since the worker's start


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def told(hasty: Hasty) -> Told:
    attributes = {"customer.number": "40721", "shoe.size": "thirty-nine"}
    async with place(hasty.stack) as here, here.call(role="billing", attributes=attributes) as talk:
        await talk.is_greeted()
        await talk.says("how much do I pay each month")
        await talk.is_answered()
        worker = psutil.Process(hasty.stack.worker.pid)
        connections = [
            held
            for process in (worker, *worker.children(recursive=True))
            for held in process.net_connections()
        ]
    asked = hasty.addresses.read_text(encoding="utf-8").split("\n")
    return Told(hasty.reader, {held.raddr.ip for held in connections if held.raddr}, set(asked) - {""})


async def test_attributes_that_the_role_names_are_known_and_no_others(told: Told) -> None:
    known = '{"name": "customer.number", "value": "40721", "source": "token"}'
    assert known in told.reader.told("system")
    assert "how much do i pay" in told.reader.told("user").lower()
    everything = str(told.reader.asked)
    assert "shoe" not in everything
    assert "thirty-nine" not in everything


async def test_worker_turns_to_nobody_outside_of_this_machine(told: Told) -> None:
    assert "127.0.0.1" in told.asked
    assert "127.0.0.1" in told.peers
    assert {each for each in {*told.asked, *told.peers} if not stays_here(each)} == set()


def stays_here(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address in {"localhost", "a path of this machine"}
