"""The four programs, started in every order, and a server that leaves and returns: a call is always answered.

The order of every other test, servers first, is not repeated here.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path

import pytest

from local.processes import Program
from tests.start.programs import Name, programs_in

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.fault("C1")]

AWAY_S = 3.0
BETWEEN_S = 1.0


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the spoken lines, which are made once."""
    return tmp_path_factory.mktemp("lines")


async def test_worker_and_service_wait_for_all_they_need_and_a_server_that_goes_is_waited_for_again(
    tmp_path: Path, lines: Path
) -> None:
    async with programs_in(tmp_path, lines) as programs:
        await asyncio.gather(programs.start(Name.WORKER), programs.start(Name.SERVICE))
        await programs.missing("BATON_STORE", "GROQ_BASE_URL", "LIVEKIT_URL")
        status, told = await programs.service_health()
        assert (status, told["waits_for"]) == (503, ["the store"])
        assert niceness(programs.service) > niceness(programs.worker), "callers come first"
        programs.disk.mkdir()
        await programs.start(Name.GROQ)
        await programs.missing("LIVEKIT_URL")
        await programs.start(Name.LIVEKIT)
        await programs.serve()
        await programs.call_is_answered()

        await programs.kill_livekit()
        await programs.missing("LIVEKIT_URL")
        await asyncio.sleep(AWAY_S)
        await programs.start(Name.LIVEKIT)
        await programs.serve()
        await programs.call_is_answered()

        said = programs.said(programs.worker)
        log = programs.worker.log.read_text()
        programs.worker.send(signal.SIGTERM)
        assert await programs.worker.wait() == 0
    assert sorted(line.partition(":")[0] for line in said if "waiting for" in line) == [
        "BATON_STORE",
        "GROQ_BASE_URL",
        "LIVEKIT_URL",  # when the worker starts
        "LIVEKIT_URL",  # after the server has gone
    ], "each is said once, however long it takes"
    assert len([line for line in said if " is there, after " in line]) == 4
    assert "failed to connect to livekit" not in log


@pytest.mark.long
@pytest.mark.parametrize("order", list(permutations(Name)), ids=" then ".join)
async def test_call_is_answered_whatever_started_first(
    tmp_path: Path, lines: Path, order: Sequence[Name]
) -> None:
    async with programs_in(tmp_path, lines) as programs:
        programs.disk.mkdir()
        for name in order:
            await programs.start(name)
            await asyncio.sleep(BETWEEN_S)
        await programs.serve()
        await programs.call_is_answered()


async def test_worker_that_is_stopped_while_it_waits_ends_with_1_and_says_so(
    tmp_path: Path, lines: Path
) -> None:
    async with programs_in(tmp_path, lines) as programs:
        await programs.start(Name.WORKER)
        programs.worker.send(signal.SIGTERM)
        assert await programs.worker.wait() == 1
    assert programs.told(programs.worker)[-1].startswith("ended before it could serve; it waited for ")


def niceness(program: Program) -> int:
    return os.getpriority(os.PRIO_PROCESS, program.pid)
