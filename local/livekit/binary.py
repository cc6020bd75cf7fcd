"""Finds livekit-server on the PATH or in the user's cache, or builds it from the Go module that tools/ pins.

`python -m local.livekit.binary` does only that. `make test` first runs `python -m local.phone.binary`, which
also builds the test gateway, because pytest hides the progress.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from errors import BadInput, SetupFailed
from local.livekit.build import GoProgram, build_missing, cache_folder
from local.livekit.go import TOOLS, OnStep, output_of

_PACKAGE = "github.com/livekit/livekit-server"


def pinned_version() -> str:
    """Return the version that tools/go.mod names, such as 1.13.5."""
    found = re.search(rf"{re.escape(_PACKAGE)} v(\S+)", (TOOLS / "go.mod").read_text())
    assert found is not None, "tools/go.mod names livekit-server"
    return found[1]


def serves(version: str, *, pinned: str) -> bool:
    """Whether this version is the pinned one, or a later one with the same major version."""
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", version)
    have = tuple(map(int, found.groups())) if found else (0,)
    need = tuple(map(int, pinned.split(".")))
    return have[0] == need[0] and have >= need


async def livekit_on_path(on_step: OnStep) -> Path | None:
    """Return the livekit-server on the PATH, if its version is suitable."""
    pinned = pinned_version()
    if (found := shutil.which("livekit-server")) is None:
        return None
    if serves(await output_of(found, "--version"), pinned=pinned):
        return Path(found)
    on_step(f"{found} is not livekit-server {pinned} or a later {pinned[0]}.x: not used")
    return None


def livekit_program() -> GoProgram:
    """Return how livekit-server is built."""
    return GoProgram(
        name="livekit-server",
        shown=f"livekit-server {pinned_version()}",
        package=f"{_PACKAGE}/cmd/server",
        module=TOOLS,
        target=cache_folder() / f"livekit-server-{pinned_version()}",
        takes="two to four minutes",
    )


async def livekit_binary(on_step: OnStep) -> Path:
    """Return the program's path, building the program if there is none. Raises: SetupFailed, BadInput."""
    if (found := await livekit_on_path(on_step)) is not None:
        return found
    program = livekit_program()
    await build_missing([program], on_step)
    return program.target


def run_alone(build: Callable[[OnStep], Awaitable[object]]) -> int:
    """Build with progress on stderr. Exit code: 0; 1 (not built); 2 (the cache is not writable)."""

    async def built() -> None:
        await build(lambda step: sys.stderr.write(f"{step}\n"))

    try:
        asyncio.run(built())
    except BadInput as bad:
        sys.stderr.write(f"{bad}\n")
        return 2
    except SetupFailed as failed:
        sys.stderr.write(f"{failed}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(run_alone(livekit_binary))
