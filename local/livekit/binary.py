"""Finds livekit-server on the PATH or in the user's cache, or builds it from the Go module that tools/ pins.

`python -m local.livekit.binary` does only that; `make test` runs it first, because pytest hides the progress.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from agents.worker.writable_folder import made_writable
from errors import BadInput, SetupFailed
from local.livekit.go import TOOLS, OnStep, find_go, output_of

_PACKAGE = "github.com/livekit/livekit-server"
_BUILD_LIMIT_S = 1200.0
_REPORT_EVERY_S = 15.0
_LAST_LINES = 10
_LOOK_AGAIN_S = 0.5


def pinned_version() -> str:
    """The version that tools/go.mod names, such as 1.13.5."""
    found = re.search(rf"{re.escape(_PACKAGE)} v(\S+)", (TOOLS / "go.mod").read_text())
    assert found is not None, "tools/go.mod names livekit-server"
    return found[1]


def serves(version: str, *, pinned: str) -> bool:
    """Whether this version will do: the pinned one, or a later one of the same major version."""
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", version)
    have = tuple(map(int, found.groups())) if found else (0,)
    need = tuple(map(int, pinned.split(".")))
    return have[0] == need[0] and have >= need


def cache_folder() -> Path:
    """What takes long to make is kept here, so that a second clone is ready in seconds."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "baton"


async def livekit_binary(on_step: OnStep) -> Path:
    """The program's path; builds it first if there is none. Raises: SetupFailed, BadInput."""
    pinned = pinned_version()
    if (found := shutil.which("livekit-server")) is not None:
        if serves(await output_of(found, "--version"), pinned=pinned):
            return Path(found)
        on_step(f"{found} is not livekit-server {pinned} or a later {pinned[0]}.x: not used")
    cached = cache_folder() / f"livekit-server-{pinned}"
    if not cached.is_file():
        made_writable(cached.parent, "the cache", "set XDG_CACHE_HOME to another")
        async with _one_build_at_a_time(cached.parent, on_step):
            if not cached.is_file():  # another clone may have built it meanwhile
                await _build(cached, on_step)
    return cached


@asynccontextmanager
async def _one_build_at_a_time(folder: Path, on_step: OnStep) -> AsyncIterator[None]:
    """Hold the lock on the cache folder; the kernel releases it when this process ends, however it ends."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        told = False
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not told:
                    on_step("another build of livekit-server is running: waiting for it")
                told = True
                await asyncio.sleep(_LOOK_AGAIN_S)
        yield
    finally:
        os.close(handle)


async def _build(target: Path, on_step: OnStep) -> None:
    """Build into the cache. What a failed build has downloaded stays until the next one succeeds."""
    work = target.with_name("building")
    go = await find_go(work, on_step)
    on_step(f"building livekit-server {pinned_version()} into {target.parent}, once: two to four minutes")
    unfinished = target.with_name(f"{target.name}.unfinished")
    process = await asyncio.create_subprocess_exec(
        *(go.program, "build", "-v", "-mod=readonly", "-trimpath", "-ldflags=-s -w"),
        *("-o", str(unfinished), f"{_PACKAGE}/cmd/server"),
        cwd=TOOLS,
        env={**os.environ, **go.env, "CGO_ENABLED": "0"},  # no C compiler needed
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(_BUILD_LIMIT_S):
            last_lines = await _report_progress(process, on_step)
    except TimeoutError:
        raise SetupFailed(f"livekit-server was not built within {_BUILD_LIMIT_S:g} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise SetupFailed("livekit-server could not be built:\n  " + "\n  ".join(last_lines))
    unfinished.replace(target)
    shutil.rmtree(work, ignore_errors=True)
    on_step(f"livekit-server is built: {target}")


async def _report_progress(process: asyncio.subprocess.Process, on_step: OnStep) -> list[str]:
    """Report every 15 s how far the build is; returns its last lines when it has ended."""
    assert process.stderr is not None
    now = asyncio.get_running_loop().time
    began = reported = now()
    modules = packages = 0
    last: list[str] = []
    async for line in process.stderr:
        last = [*last[-_LAST_LINES:], line.decode(errors="replace").rstrip()]
        modules += last[-1].startswith("go: downloading ")
        packages += not last[-1].startswith("go: ")
        if now() - reported >= _REPORT_EVERY_S:
            reported = now()
            done = f"{packages} packages compiled" if packages else f"{modules} modules downloaded"
            on_step(f"building livekit-server: {done}, {reported - began:.0f} s")
    await process.wait()
    return last


def main() -> int:
    """Find or build it, with progress on stderr. Exit code: 0; 1 (not built); 2 (no place)."""
    try:
        asyncio.run(livekit_binary(lambda step: sys.stderr.write(f"{step}\n")))
    except BadInput as bad:
        sys.stderr.write(f"{bad}\n")
        return 2
    except SetupFailed as failed:
        sys.stderr.write(f"{failed}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
