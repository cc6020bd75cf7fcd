"""One stack for all of these tests: a livekit-server, the stand-in for Groq, and a worker, as in the demo."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
import yaml

from local.processes import left_behind
from local.scripted import SCRIPTS
from local.stack import Stack, local_stack, running_worker
from tests.acceptance.roles import cashier
from tests.acceptance.roles.archive import EXCHANGES, make_archive
from tests.acceptance.roles.tickets import ROLES, make_tickets
from tests.support.conversation import DEPARTURE_S
from tests.support.fault_report import FaultReport
from tests.support.night_desk import make_roster
from tests.support.recording import Recording, record
from tests.support.wire import Wire, wire_to

EVERYBODY = "give me everybody you have"
HUNDREDS = 300


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    folder = tmp_path_factory.mktemp("acceptance")
    roster = folder / "roster"
    make_roster(roster)
    make_archive(roster)
    make_tickets(roster)
    cashier.make_cashier(roster)
    settings = {"BATON_ROSTER_FOLDER": str(roster), "BATON_DEPARTURE_S": str(DEPARTURE_S)}
    script = script_in(folder)
    async with local_stack(folder, script=script, settings=settings, stand_in_always=True) as running:
        yield running
    assert not left_behind(running.groups)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def recorded(stack: Stack) -> Recording:
    return await record(stack)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def wired(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Stack, Wire]]:
    """The shared stack, with a worker of its own that reaches the server only through the proxy.

    It has a store of its own too. Otherwise it would take over the shared worker's calls when a test freezes
    that worker.
    """
    folder = tmp_path_factory.mktemp("wired")
    store = f"sqlite:///{folder / 'baton.db'}"
    async with wire_to(stack.livekit.url) as wire:
        env = {
            **stack.env,
            "LIVEKIT_URL": wire.url,
            "BATON_AGENT_NAME": "wired",
            "BATON_HEALTH_PORT": "0",
            "BATON_STORE": store,
        }
        async with running_worker(folder, env, "wired worker") as worker:
            yield replace(stack, worker=worker, env=env, store=store), wire


@pytest.fixture
def recording(recorded: Recording, stack: Stack, fault_report: FaultReport) -> Recording:
    """The only recording. Each test that uses it reports it as its own call."""
    fault_report.call(stack, recorded.room, recorded.caller)
    return recorded


def script_in(folder: Path) -> Path:
    """Writes these tests' script. One of its answers calls a tool hundreds of times."""
    script = yaml.safe_load((SCRIPTS / "acceptance.yaml").read_text(encoding="utf-8"))
    calls = [
        {"name": "transfer_call", "arguments": {"target": target, "reason": "you want everybody"}}
        for _ in range(HUNDREDS // 2)
        for target in ("billing", "technical")
    ]
    script["roles"]["front-desk"]["exchanges"].append({"heard": EVERYBODY, "call": calls})
    script["roles"]["archive"] = {"exchanges": EXCHANGES, "otherwise": "Could you say that once more?"}
    script["roles"] |= ROLES | cashier.ROLES
    path = folder / "script.yaml"
    path.write_text(yaml.safe_dump(script, allow_unicode=True), encoding="utf-8")
    return path
