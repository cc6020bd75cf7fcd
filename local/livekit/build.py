"""Builds Go programs into the user's cache: livekit-server, and the test gateway for telephones."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from agents.worker.writable_folder import made_writable
from errors import SetupFailed
from local.livekit.go import OnStep, find_go

_BUILD_LIMIT_S = 1200.0
_REPORT_EVERY_S = 15.0
_LAST_LINES = 10
_LOOK_AGAIN_S = 0.5


@dataclass(frozen=True, slots=True)
class GoProgram:
    """A program in the cache: `package` of the Go module in the folder `module` is built into `target`.

    `shown`: the name with the version. `takes`: how long a build takes, as text for people.
    """

    name: str
    shown: str
    package: str
    module: Path
    target: Path
    takes: str


def cache_folder() -> Path:
    """Return the folder that keeps what takes long to build, so that a second clone is ready in seconds."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "baton"


async def build_missing(programs: Sequence[GoProgram], on_step: OnStep) -> None:
    """Build the programs that are not in the cache yet. Raises: SetupFailed, BadInput.

    Programs that are built together share what Go downloads and compiles: half of the gateway's packages are
    livekit-server's. What a failed build has downloaded stays until the next build succeeds.
    """
    if all(program.target.is_file() for program in programs):
        return
    folder = cache_folder()
    made_writable(folder, "the cache", "set XDG_CACHE_HOME to another")
    names = " and ".join(program.name for program in programs)
    async with _one_build_at_a_time(folder, names, on_step):
        missing = [program for program in programs if not program.target.is_file()]
        work = folder / "building"
        for program in missing:  # another clone may have built it meanwhile
            await _build(program, work, on_step)
        if missing:
            shutil.rmtree(work, ignore_errors=True)


@asynccontextmanager
async def _one_build_at_a_time(folder: Path, names: str, on_step: OnStep) -> AsyncIterator[None]:
    """Hold the lock on the cache folder. The kernel releases it when this process ends, however it ends."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        told = False
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not told:
                    on_step(f"another build is running: {names} after it")
                told = True
                await asyncio.sleep(_LOOK_AGAIN_S)
        yield
    finally:
        os.close(handle)


async def _build(program: GoProgram, work: Path, on_step: OnStep) -> None:
    go = await find_go(work, on_step)
    on_step(f"building {program.shown} into {program.target.parent}, once: {program.takes}")
    unfinished = program.target.with_name(f"{program.target.name}.unfinished")
    # Debug information takes a sixth of the build's time, and inlining a quarter.
    smaller = ("-gcflags=all=-dwarf=false -l", "-ldflags=-s -w")
    process = await asyncio.create_subprocess_exec(
        *(go.program, "build", "-v", "-mod=readonly", "-trimpath", *smaller),
        *("-o", str(unfinished), program.package),
        cwd=program.module,
        env={**os.environ, **go.env, "CGO_ENABLED": "0"},  # no C compiler needed
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(_BUILD_LIMIT_S):
            last_lines = await _report_progress(program, process, on_step)
    except TimeoutError:
        raise SetupFailed(f"{program.name} was not built within {_BUILD_LIMIT_S:g} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise SetupFailed(f"{program.name} could not be built:\n  " + "\n  ".join(last_lines))
    unfinished.replace(program.target)
    on_step(f"{program.name} is built: {program.target}")


async def _report_progress(
    program: GoProgram, process: asyncio.subprocess.Process, on_step: OnStep
) -> list[str]:
    """Report the build's progress every 15 s, and return its last lines once it has ended."""
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
            on_step(f"building {program.name}: {done}, {reported - began:.0f} s")
    await process.wait()
    return last
