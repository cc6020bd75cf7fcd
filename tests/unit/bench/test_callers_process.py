"""The callers' process never blocks on its output: its callers would be silent and deaf meanwhile."""

from __future__ import annotations

import asyncio
import sys

from bench.load.calling import Callers
from bench.load.plan import Heard, Plan

_CALLS = 48
_SILENCES = (0.08123456789012345,) * 500
"""The silences of a caller who hears music for 50 s: 10 KB as JSON. A pipe with its reader's buffer holds
192 KB."""


async def test_callers_go_on_while_nobody_asks_what_they_heard() -> None:
    line = Heard(room="room", silences_s=_SILENCES).model_dump_json()
    writes = f"import sys\nfor _ in range({_CALLS}): print({line!r})"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", writes, stdout=asyncio.subprocess.PIPE
    )
    callers = Callers(Plan(url="", lines=(), handing_over="", calls=(), patience_s=1.0), process)
    async with asyncio.timeout(600):
        await process.wait()
        assert len(await callers.until_over()) == _CALLS
    await callers.aclose()
