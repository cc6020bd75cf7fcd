"""Dispatch metadata that is not understood, and what else a worker must not do."""

from __future__ import annotations

import ipaddress

import psutil
import pytest

from local.stack import Stack
from tests.acceptance.conversation import until
from tests.acceptance.running import logged
from tests.life.places import Hasty, place

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
            await here.conversation(caller).no_agent_is_left(limit_s=10)
            assert not caller.speakers()
        assert await here.rows() == []
    async with place(stack) as here, here.call() as talk:
        await talk.is_greeted()


async def test_worker_turns_to_nobody_outside_of_this_machine(hasty: Hasty) -> None:
    async with place(hasty.stack) as here, here.call() as talk:
        await talk.is_greeted()
        await talk.says("hello can you help me please")
        await talk.is_answered()
        worker = psutil.Process(hasty.stack.worker.pid)
        peers = {
            held.raddr.ip
            for process in (worker, *worker.children(recursive=True))
            for held in process.net_connections()
            if held.raddr
        }
    asked = set(hasty.addresses.read_text(encoding="utf-8").split("\n")) - {""}
    assert "127.0.0.1" in asked
    assert "127.0.0.1" in peers
    assert {each for each in asked | peers if not stays_here(each)} == set()


def stays_here(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address in {"localhost", "a path of this machine"}
