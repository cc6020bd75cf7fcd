"""Where livekit-server comes from: the PATH, the user's cache, or built from the Go module that tools/ pins."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from errors import SetupFailed

TOOLS = Path(__file__).parent.parent / "tools"
_PACKAGE = "github.com/livekit/livekit-server"
_BUILD_LIMIT_S = 1200.0


def pinned_version() -> str:
    """The version that tools/go.mod names, such as 1.13.5."""
    found = re.search(rf"{re.escape(_PACKAGE)} v(\S+)", (TOOLS / "go.mod").read_text())
    assert found is not None, "tools/go.mod names livekit-server"
    return found[1]


def cache_folder() -> Path:
    """Where heavy things live, so that a second clone is ready in seconds."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "baton"


async def livekit_binary(on_step: Callable[[str], None]) -> Path:
    """The program, built where it is nowhere to be found. Raises: SetupFailed."""
    if (found := shutil.which("livekit-server")) is not None:
        return Path(found)
    cached = cache_folder() / f"livekit-server-{pinned_version()}"
    if not cached.is_file():
        await _build(cached, on_step)
    return cached


async def _build(target: Path, on_step: Callable[[str], None]) -> None:
    go = shutil.which("go")
    if go is None:
        raise SetupFailed(
            "livekit-server is not on the PATH, and Go is not there to build it: install Go 1.26 or newer, "
            f"or livekit-server {pinned_version()}"
        )
    on_step(f"building livekit-server {pinned_version()} once; it takes about two minutes")
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f"{target.name}.{os.getpid()}")
    process = await asyncio.create_subprocess_exec(
        *(go, "build", "-mod=readonly", "-o", str(unfinished), f"{_PACKAGE}/cmd/server"),
        cwd=TOOLS,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(_BUILD_LIMIT_S):
            said, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        raise SetupFailed("livekit-server was not built in time") from None
    if process.returncode != 0:
        raise SetupFailed(f"livekit-server could not be built:\n{said.decode(errors='replace')[-2000:]}")
    unfinished.replace(target)  # in one step: two clones may build at once
