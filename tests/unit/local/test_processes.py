"""The local stack's programs: waiting until they are ready, their errors, and their end with all children."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from errors import SetupFailed
from local.processes import Program, left_behind, running

SAYS_READY = "import time; print('ready', flush=True); time.sleep(60)"
WITH_A_CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SAYS_READY!r}])"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SAYS_READY}"
BREAKS = "import sys; sys.exit('the cable is cut')"
SILENT = "import time; time.sleep(60)"


def program(code: str, log: Path, *, limit_s: float = 60) -> AbstractAsyncContextManager[Program]:
    return running(
        "the program",
        [sys.executable, "-c", code],
        env={},
        log=log / "program.log",
        ready=lambda line: line == "ready",
        limit_s=limit_s,
        grace_s=0.2,
    )


@pytest.mark.parametrize("code", [SAYS_READY, WITH_A_CHILD, DEAF], ids=["plain", "child", "deaf"])
async def test_nothing_is_left_behind(tmp_path: Path, code: str) -> None:
    async with program(code, tmp_path) as started:
        assert started.pid in left_behind([started.pid])
    assert not left_behind([started.pid])


async def test_a_child_ends_with_a_killed_parent(tmp_path: Path) -> None:
    async with program(WITH_A_CHILD, tmp_path) as started:
        started.send(signal.SIGKILL)
        await started.wait()
        assert left_behind([started.pid])
    assert not left_behind([started.pid])


OWNER = """
import asyncio, sys
from pathlib import Path
from local.processes import running

async def own():
    argv = [sys.executable, "-c", sys.argv[2]]
    is_ready = lambda line: line == "ready"
    log = Path(sys.argv[1]) / "program.log"
    async with running("the program", argv, env={}, log=log, ready=is_ready, limit_s=600) as started:
        print(started.pid, flush=True)
        await asyncio.sleep(60)

asyncio.run(own())
"""


async def test_all_processes_end_with_a_killed_owner_orphans_too(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", OWNER, str(tmp_path), WITH_A_CHILD]
    owner = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE)
    assert owner.stdout is not None
    async with asyncio.timeout(600):
        group = int(await owner.stdout.readline())
    os.kill(group, signal.SIGKILL)
    assert left_behind([group])
    owner.kill()
    await owner.wait()
    async with asyncio.timeout(600):
        while left_behind([group]):  # noqa: ASYNC110 - nobody tells us of processes that are not our children
            await asyncio.sleep(0.02)


async def test_the_error_of_a_crashed_program_quotes_its_last_output(tmp_path: Path) -> None:
    with pytest.raises(SetupFailed, match=r"(?s)the program ended; its log is .*the cable is cut"):
        async with program(BREAKS, tmp_path):
            raise AssertionError("it is not ready")
    assert (tmp_path / "program.log").read_text() == "the cable is cut\n"


async def test_waiting_for_a_silent_program_times_out(tmp_path: Path) -> None:
    with pytest.raises(SetupFailed, match=r"was not ready within 0\.2 s"):
        async with program(SILENT, tmp_path, limit_s=0.2):
            raise AssertionError("it is not ready")


async def test_an_error_in_the_block_ends_the_program_and_is_raised_unchanged(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        async with program(SAYS_READY, tmp_path) as started:
            raise ZeroDivisionError
    assert not left_behind([started.pid])


async def test_a_cancelled_owner_ends_the_program(tmp_path: Path) -> None:
    pids = []

    async def own() -> None:
        async with program(SAYS_READY, tmp_path) as started:
            pids.append(started.pid)
            owned.set()
            await asyncio.Event().wait()

    owned = asyncio.Event()
    owner = asyncio.create_task(own())
    await owned.wait()
    owner.cancel()
    with pytest.raises(asyncio.CancelledError):
        await owner
    assert not left_behind(pids)
