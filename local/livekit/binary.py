"""Where livekit-server comes from: the PATH, the user's cache, or built from the Go module that tools/ pins.

`python -m local.livekit.binary` does only that, for `make test`: a build inside pytest would not be seen.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from errors import SetupFailed

TOOLS = Path(__file__).parents[2] / "tools"
_PACKAGE = "github.com/livekit/livekit-server"
_BUILD_LIMIT_S = 1200.0
_ASK_LIMIT_S = 10.0
_TELL_EVERY_S = 15.0
_LAST_LINES = 10

OnStep = Callable[[str], object]


def pinned_version() -> str:
    """The version that tools/go.mod names, such as 1.13.5."""
    found = re.search(rf"{re.escape(_PACKAGE)} v(\S+)", (TOOLS / "go.mod").read_text())
    assert found is not None, "tools/go.mod names livekit-server"
    return found[1]


def serves(version: str, *, pinned: str) -> bool:
    """Whether this version does what is needed: the pinned one, or a later one of the same major version."""
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", version)
    have = tuple(map(int, found.groups())) if found else (0,)
    need = tuple(map(int, pinned.split(".")))
    return have[0] == need[0] and have >= need


def cache_folder() -> Path:
    """Where heavy things live, so that a second clone is ready in seconds."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "baton"


async def livekit_binary(on_step: OnStep) -> Path:
    """The program, built where it is nowhere to be found. Raises: SetupFailed."""
    pinned = pinned_version()
    if (found := shutil.which("livekit-server")) is not None:
        if serves(await _version_of(found), pinned=pinned):
            return Path(found)
        on_step(f"{found} is not livekit-server {pinned} or a later {pinned[0]}.x: left alone")
    cached = cache_folder() / f"livekit-server-{pinned}"
    if not cached.is_file():
        await _build(cached, on_step)
    return cached


async def _version_of(program: str) -> str:
    process = await asyncio.create_subprocess_exec(
        program, "--version", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(_ASK_LIMIT_S):
            said, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return ""
    return said.decode(errors="replace")


async def _build(target: Path, on_step: OnStep) -> None:
    go = shutil.which("go")
    if go is None:
        raise SetupFailed(
            f"livekit-server {pinned_version()} is not on the PATH, and there is no Go to build it with: "
            "install Go 1.26 or newer (Go's own download, or your system's packages), or livekit-server"
        )
    on_step(f"building livekit-server {pinned_version()} into {target.parent}, once: about two minutes")
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f"{target.name}.{os.getpid()}")
    process = await asyncio.create_subprocess_exec(
        *(go, "build", "-v", "-mod=readonly", "-trimpath", "-ldflags=-s -w"),
        *("-o", str(unfinished), f"{_PACKAGE}/cmd/server"),
        cwd=TOOLS,
        env={**os.environ, "CGO_ENABLED": "0"},  # no C compiler needed
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(_BUILD_LIMIT_S):
            said = await _told(process, on_step)
    except TimeoutError:
        raise SetupFailed(f"livekit-server was not built within {_BUILD_LIMIT_S:g} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise SetupFailed("livekit-server could not be built:\n  " + "\n  ".join(said))
    unfinished.replace(target)  # in one step: two clones may build at once


async def _told(process: asyncio.subprocess.Process, on_step: OnStep) -> list[str]:
    """Tell now and then how far the build is; returns its last lines when it has ended."""
    assert process.stderr is not None
    now = asyncio.get_running_loop().time
    began = told = now()
    packages, last = 0, list[str]()
    async for line in process.stderr:
        last = [*last[-_LAST_LINES:], line.decode(errors="replace").rstrip()]
        packages += not last[-1].startswith("go: ")
        if now() - told >= _TELL_EVERY_S:
            told = now()
            on_step(f"building livekit-server: {packages} packages, {told - began:.0f} s")
    await process.wait()
    return last


def main() -> int:
    """Find it or build it, told on stderr; exit code 1 where it cannot be had."""
    try:
        asyncio.run(livekit_binary(lambda step: sys.stderr.write(f"{step}\n")))
    except SetupFailed as failed:
        sys.stderr.write(f"{failed}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
