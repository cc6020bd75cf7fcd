"""Finds the Go toolchain that builds livekit-server: the one on the PATH, or a wheel from PyPI."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from errors import SetupFailed

PROJECT = Path(__file__).parents[2]
TOOLS = PROJECT / "tools"
_DOWNLOAD_LIMIT_S = 600.0
_ASK_LIMIT_S = 10.0

OnStep = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Go:
    """`program` is the go command, `env` the variables that it needs in addition to our environment."""

    program: str
    env: Mapping[str, str]


def needed_version() -> tuple[int, int]:
    """Return the oldest Go that can build tools/go.mod, such as (1, 26)."""
    found = re.search(r"^go (\d+)\.(\d+)", (TOOLS / "go.mod").read_text(), re.MULTILINE)
    assert found is not None, "tools/go.mod says which Go it needs"
    return int(found[1]), int(found[2])


async def find_go(folder: Path, on_step: OnStep) -> Go:
    """Find Go on the PATH; if it is missing or too old, install the wheel into `folder`. Raises: SetupFailed.

    Go also keeps its modules and objects in `folder`, unless the environment names another place. They take
    900 MB and are useless after the build.
    """
    needed = needed_version()
    on_path = shutil.which("go")
    if on_path is not None and await _version(on_path) >= needed:
        return Go(on_path, _kept_in(folder))
    toolchain = folder / "toolchain"
    program = toolchain / "go" / "bin" / "go"
    if not program.is_file():
        on_step(
            f"Go {needed[0]}.{needed[1]} or newer is not on the PATH: installing it for this build (75 MB)"
        )
        await _install(toolchain)
    env = {
        **_kept_in(folder),
        "GOROOT": str(toolchain / "go"),
        "GOPATH": str(folder / "path"),
        "GOTOOLCHAIN": "local",
        "XDG_CONFIG_HOME": str(folder / "config"),  # Go writes its telemetry counters there
    }
    return Go(str(program), env)


def _kept_in(folder: Path) -> dict[str, str]:
    """Return the variables that make Go keep what it downloads and compiles in `folder`."""
    places = {"GOCACHE": str(folder / "objects"), "GOMODCACHE": str(folder / "modules")}
    return {
        **{name: os.environ.get(name) or place for name, place in places.items()},
        "GOFLAGS": f"{os.environ.get('GOFLAGS', '')} -modcacherw".strip(),  # so that modules can be removed
    }


async def _version(program: str) -> tuple[int, int]:
    """Return the program's version as (major, minor); (0, 0) if it does not report one."""
    found = re.search(r"go(\d+)\.(\d+)", await output_of(program, "env", "GOVERSION"))
    return (int(found[1]), int(found[2])) if found else (0, 0)


async def output_of(program: str, *arguments: str) -> str:
    """Return what a program writes to stdout; "" if it takes longer than 10 s."""
    process = await asyncio.create_subprocess_exec(
        *(program, *arguments),
        cwd="/",  # for go: a go.mod in the current folder could select another toolchain
        env={**os.environ, "GOTOOLCHAIN": "local"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(_ASK_LIMIT_S):
            said, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return ""
    return said.decode(errors="replace")


async def _install(toolchain: Path) -> None:
    unfinished = toolchain.with_name(f"{toolchain.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    process = await asyncio.create_subprocess_exec(
        *(str(PROJECT / "scripts" / "install-tool"), "go", str(unfinished)), stdin=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(_DOWNLOAD_LIMIT_S):
            code = await process.wait()
    except TimeoutError:
        raise SetupFailed(f"Go was not installed within {_DOWNLOAD_LIMIT_S:g} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if code != 0:
        raise SetupFailed(
            "Go could not be installed from PyPI, see above. Try again, or install Go "
            f"{'.'.join(map(str, needed_version()))} or newer, or livekit-server, yourself"
        )
    unfinished.replace(toolchain)
