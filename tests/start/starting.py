"""Starts the worker or the service as a user does, in a folder of its own, and waits until it ends."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[2]
WORKER = ("livekit.agents", "start", str(PROJECT / "worker.py"))
SERVICE = ("operators.cli", "serve")
_END_LIMIT_S = 90.0
_OURS = ("BATON_", "LIVEKIT_", "GROQ_")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a start."""

    code: int
    errors: list[str]  # the lines on stderr
    log: str  # what was written to stdout


async def start(folder: Path, settings: Mapping[str, str], program: Sequence[str] = WORKER) -> Outcome:
    """Starts the program with only these settings, and those in the folder's .env. Raises: TimeoutError."""
    inherited = {name: value for name, value in os.environ.items() if not is_ours(name)}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *program),
        cwd=folder,
        env={**inherited, "PYTHONPATH": str(PROJECT), **settings},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(_END_LIMIT_S):
            log, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return Outcome(process.returncode, errors.decode().splitlines(), log.decode())


def is_ours(name: str) -> bool:
    """Whether an environment variable is one of Baton's settings."""
    return name.startswith(_OURS)
