"""A new user's account: a home folder, a bare environment, and a checkout; its programs run as that user.

When the tests run as root, the user is an unprivileged one. Otherwise it is ourselves, with another home.
Downloads and the built livekit-server are copied from our own cache, so that a test does not fetch 300 MB.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from local.livekit.build import cache_folder
from tests.readme.readme import PROJECT

_SOMEBODY = 54_321  # a user id that no account has
_PASSED_ON = ("PROXY", "PIP_", "UV_", "SSL_CERT", "NODE_EXTRA", "NPM_")
"""Prefixes and suffixes of environment variables that say how this machine reaches package indexes."""
_LARGE = 250_000  # bytes
_UNPACKED = (
    "archive-v"  # uv's folder of unpacked wheels, which it never changes, unlike its other small files
)
_END_LIMIT_S = 20.0
_LOOK_AGAIN_S = 0.05


@dataclass(frozen=True, slots=True)
class Ended:
    """A command's exit code and output."""

    code: int
    out: str
    errors: str


class Kept:
    """A command that runs until it is stopped. Its output goes to `log`."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process, self._log = process, log

    @property
    def said(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    async def until(self, ready: Callable[[str], bool], limit_s: float) -> None:
        """Wait until its output is `ready`. Raises: AssertionError, with the output."""
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                while not ready(self.said):
                    assert self._process.returncode is None, self.said
                    await asyncio.sleep(_LOOK_AGAIN_S)
                return
        raise AssertionError(f"not ready within {limit_s:g} s:\n{self.said}")

    async def stop(self, number: signal.Signals) -> int:
        """Send the signal as a terminal (SIGINT) or a supervisor (SIGTERM) does. Returns the exit code."""
        if number is signal.SIGINT:
            os.killpg(self._process.pid, number)
        else:
            self._process.send_signal(number)
        async with asyncio.timeout(_END_LIMIT_S):
            return await self._process.wait()


class Account:
    """The user, and where they work."""

    def __init__(self, home: Path, user: int | None) -> None:
        self.home, self.checkout, self._user = home, home / "baton", user

    async def run(self, command: str, limit_s: float) -> Ended:
        """Run a line in a shell, in the checkout, to its end. Raises: TimeoutError."""
        async with self._shell(command, asyncio.subprocess.PIPE, asyncio.subprocess.PIPE) as process:
            async with asyncio.timeout(limit_s):
                out, errors = await process.communicate()
            assert process.returncode is not None
            return Ended(process.returncode, out.decode(), errors.decode())

    @asynccontextmanager
    async def keep(self, command: str) -> AsyncIterator[Kept]:
        """Run a line that runs until it is stopped. Kills what is left of it when the block ends."""
        log = self.home / f"{len(list(self.home.glob('*.log')))}.log"
        with log.open("wb") as output:
            async with self._shell(f"exec {command}", output.fileno(), asyncio.subprocess.STDOUT) as process:
                yield Kept(process, log)

    @asynccontextmanager
    async def _shell(self, command: str, out: int, errors: int) -> AsyncIterator[asyncio.subprocess.Process]:
        process = await asyncio.create_subprocess_exec(
            *("bash", "-c", command),
            cwd=self.checkout,
            env=self._environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=errors,
            start_new_session=True,
            preexec_fn=_take_ctrl_c,
            user=self._user,
            group=self._user,
            extra_groups=None if self._user is None else [],
        )
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()

    def _environment(self) -> Mapping[str, str]:
        ours = {
            name: value
            for name, value in os.environ.items()
            if name.upper().startswith(_PASSED_ON) or name.upper().endswith(_PASSED_ON)
        }
        ours["UV_LINK_MODE"] = "copy"  # a user may not link to another user's files
        name = "newcomer"
        return {**ours, "HOME": str(self.home), "USER": name, "LOGNAME": name, "PATH": _path(self._user)}


def _take_ctrl_c() -> None:
    """Handle SIGINT, as in a terminal. Background tests ignore it, and programs inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _path(user: int | None) -> str:
    """Return our PATH without places closed to other users, such as a Python in root's home."""
    ours = os.environ["PATH"]
    if user is None:
        return ours
    home = Path.home()
    closed = home.stat().st_mode & 0o005 != 0o005
    return ":".join(place for place in ours.split(":") if not (closed and Path(place).is_relative_to(home)))


@contextmanager
def new_account() -> Iterator[Account]:
    """A user with a fresh checkout of the working tree; everything is removed when the block ends."""
    user = _SOMEBODY if os.getuid() == 0 else None
    home = Path(tempfile.mkdtemp(prefix="baton-newcomer-"))
    try:
        account = Account(home, user)
        _check_out(account.checkout)
        ours = cache_folder()
        for place in (
            ours / "uv" / "bin",
            *ours.glob("livekit-server-*"),
            *ours.glob("npm-*"),
            ours.with_name("uv"),
        ):
            _copy(place, home / ".cache" / place.relative_to(ours.parent))
        _give(home, user)
        yield account
    finally:
        shutil.rmtree(home)


def _check_out(folder: Path) -> None:
    """Copy what a clone would contain, and what is not committed yet: all that .gitignore does not name."""
    ignored = (PROJECT / ".gitignore").read_text(encoding="utf-8").split()
    nested = [place for place in ignored if "/" in place.rstrip("/")]
    names = {place.rstrip("/") for place in ignored} - set(nested)
    shutil.copytree(PROJECT, folder, ignore=shutil.ignore_patterns(".git", *names), symlinks=True)
    for place in nested:
        shutil.rmtree(folder / place, ignore_errors=True)


def _copy(place: Path, target: Path) -> None:
    """Copy in little space: files that never change, and large ones, are hard links to ours.

    The user may read those. Copying all of uv's 17,000 files took 18 s; links take 2 s.
    """
    if place.is_dir():
        shutil.copytree(place, target, copy_function=_linked, symlinks=True)
    elif place.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        _linked(str(place), str(target))


def _linked(place: str, target: str) -> None:
    try:
        if f"/{_UNPACKED}" in place or Path(place).stat().st_size > _LARGE:
            return os.link(place, target)
    except OSError:  # another disk
        pass
    shutil.copy2(place, target)
    return None


def _give(home: Path, user: int | None) -> None:
    """Make the user the owner of all but the linked files, which are ours too."""
    if user is None:
        return
    for folder, _, files in os.walk(home):
        os.chown(folder, user, user)
        for path in (Path(folder) / file for file in files):
            if path.lstat().st_nlink == 1:
                os.chown(path, user, user, follow_symlinks=False)
