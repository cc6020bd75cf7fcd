"""A telephone network with one softphone, and the stack with another, shared by this folder's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bench.phone.secrets import lead_to
from local.phone.network import PhoneNetwork, phone_network
from local.phone.softphone import Softphone, softphone
from local.processes import left_behind
from tests.phone.called_world import PhoneWorld, phone_world
from tests.phone.exchange import Exchange, exchange


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("phone")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_network(folder: Path) -> AsyncIterator[PhoneNetwork]:
    async with phone_network(folder) as network:
        yield network
    assert not left_behind([part.program.pid for part in (network.gateway, network.redis, network.server)])


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_phone() -> AsyncIterator[Softphone]:
    async with softphone() as phone:
        yield phone


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_exchange(shared_network: PhoneNetwork, shared_phone: Softphone) -> AsyncIterator[Exchange]:
    async with exchange(shared_network, shared_phone) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def exchanged(shared_exchange: Exchange) -> AsyncIterator[Exchange]:
    """All parts running and the phone free, whatever the previous test did."""
    await shared_exchange.network.mend()
    await shared_exchange.phone.answers()
    yield shared_exchange
    await shared_exchange.phone.hang_up()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PhoneWorld]:
    """Baton with people who are called by telephone, and with a number that callers can call."""
    async with phone_world(tmp_path_factory.mktemp("called")) as running:
        await lead_to(running.stack)
        yield running
