"""The local stack ends with its owner, including the worker's job processes, however the owner ends."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from local.processes import left_behind

START_LIMIT_S = 90
END_LIMIT_S = 30
PROGRAMS = 3  # livekit-server, the stand-in for Groq, the worker
JOB_PROCESSES = 2

OWNER = """
import asyncio, json, sys
from pathlib import Path
from local.stack import local_stack

async def own():
    async with local_stack(Path(sys.argv[1])) as stack:
        print(json.dumps(stack.groups), flush=True)
        await asyncio.sleep(60)

asyncio.run(own())
"""


async def test_nothing_is_left_when_the_owner_is_killed(tmp_path: Path) -> None:
    owner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", OWNER, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert owner.stdout is not None
    async with asyncio.timeout(START_LIMIT_S):
        groups = json.loads(await owner.stdout.readline())
    assert len(groups) == PROGRAMS
    assert len(left_behind(groups)) >= PROGRAMS + JOB_PROCESSES
    owner.kill()
    await owner.wait()
    async with asyncio.timeout(END_LIMIT_S):
        while left_behind(groups):  # noqa: ASYNC110 - nobody tells us of processes that are not our children
            await asyncio.sleep(0.05)
