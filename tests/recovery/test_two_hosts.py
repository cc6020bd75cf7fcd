"""Two workers on two hosts and two copies of the service, on one Postgres: one of each is killed."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from local.fleet.hosts import on_host
from local.processes import Program
from local.stack import Servers, Stack, running_service, running_worker, shown_link
from persistence.engines import open_store
from persistence.records import HandoffState, Worker
from tests.api_live.desk import Client, client
from tests.api_live.following import following, reached
from tests.recovery.conftest import stack_of
from tests.support.conversation import Conversation
from tests.support.driving import (
    AT_ONCE_LIMIT_MS,
    ends,
    hangs_up,
    heard_after,
    kill_program,
    losses,
    most_at_once_ms,
)
from tests.support.places import place

pytestmark = pytest.mark.asyncio(loop_scope="session")

SILENCE_LIMIT_MS = 5_000
KEY = "asked once"
BODY = {"target": "billing", "reason": "they were charged twice"}


@dataclass(frozen=True, slots=True)
class Fleet:
    """`workers` by the names of their hosts. Both services serve one operator, with one token."""

    stack: Stack
    workers: dict[str, Program]
    services: tuple[Program, Program]
    token: str

    @property
    def addresses(self) -> tuple[str, str]:
        one, other = (shown_link(service).partition("#")[0].rstrip("/") for service in self.services)
        return one, other

    async def living(self) -> list[Worker]:
        async with open_store(self.stack.store, read_only=True) as store:
            return list(await store.living_workers())


@pytest.fixture
async def fleet(servers: Servers, empty_postgres: str, tmp_path: Path) -> AsyncIterator[Fleet]:
    env = {
        **servers.env,
        "BATON_STORE": empty_postgres,
        "BATON_AGENT_NAME": f"baton-{uuid4().hex[:8]}",
        "BATON_HEALTH_PORT": "0",
        "BATON_SILENCE_ASK_S": "120",
    }
    async with AsyncExitStack() as exits:
        first = await exits.enter_async_context(running_service(tmp_path, env, "first-service"))
        second, *workers = await asyncio.gather(
            exits.enter_async_context(running_service(tmp_path, env, "second-service")),
            *(
                exits.enter_async_context(running_worker(tmp_path, env, host, within=on_host(host)))
                for host in ("east", "west")
            ),
        )
        token = shown_link(first).partition("#token=")[2]
        stack = stack_of(servers, env, workers[0])
        yield Fleet(stack, dict(zip(("east", "west"), workers, strict=True)), (first, second), token)


@asynccontextmanager
async def desk(fleet: Fleet, copy: int) -> AsyncIterator[Client]:
    async with client(fleet.addresses[copy], fleet.token) as opened:
        yield opened


@pytest.mark.fault("A6b")
@pytest.mark.long
async def test_a_call_goes_on_when_a_service_and_then_the_worker_that_holds_it_are_killed(
    fleet: Fleet,
) -> None:
    assert {worker.host for worker in await fleet.living()} == {"east", "west"}
    async with place(fleet.stack) as here, here.call() as talk:
        await talk.is_greeted()
        seen = await handed_over_while_a_service_dies(fleet, talk)
        killed_at = await kill_the_holders_worker(fleet, talk)
        newcomer = await talk.meets_another()
        heard = heard_after(talk, killed_at, newcomer)
        await talk.says("what are your opening hours")
        await talk.is_answered()
        await talk.only_the_holder_is_left()
        await hangs_up(talk)

        assert heard.silence_ms <= SILENCE_LIMIT_MS
        assert most_at_once_ms(talk) <= AT_ONCE_LIMIT_MS
        assert len(await losses(talk)) == 1
        (handoff,) = await talk.handoffs()
        assert ends(await talk.events(), handoff.id) == [HandoffState.COMPLETED]
        told = [event.id for event in await here.store.events()]
        async with following(fleet.addresses[1], fleet.token, after=seen[-1]) as rest:
            await reached(rest, told[-1])
        assert [*seen, *rest] == told[told.index(seen[0]) :], "no event is missing, and none came twice"


async def handed_over_while_a_service_dies(fleet: Fleet, talk: Conversation) -> list[int]:
    """Begin a handoff with one copy, kill it, and repeat with the other. Returns the events of one page."""
    way = f"/calls/{(await talk.call()).id}/handoffs"
    async with desk(fleet, 0) as operator, following(fleet.addresses[0], fleet.token) as before:
        asked = await operator.post(way, BODY, status=201, key=KEY)
        await reached(before, 1)
        fleet.services[0].send(signal.SIGKILL)
        seen = list(before)
    async with desk(fleet, 1) as operator:
        assert (await operator.post(way, BODY, status=200, key=KEY))["id"] == asked["id"]
        async with following(fleet.addresses[1], fleet.token, after=seen[-1]) as after:
            await talk.meets_another()
            await talk.handoff(HandoffState.COMPLETED)
            return [*seen, *after]


async def kill_the_holders_worker(fleet: Fleet, talk: Conversation) -> int:
    holder = (await talk.call()).worker
    (host,) = [worker.host for worker in await fleet.living() if worker.id == holder]
    return kill_program(talk, fleet.workers[host], "worker")
