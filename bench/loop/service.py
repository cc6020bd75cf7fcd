"""`python -m bench.loop.service WAY TAPE`: one of the three services, with a heartbeat, until SIGTERM.

Store and port are the settings BATON_STORE and BATON_CONSOLE_PORT. All three run on the same loop, under
the same uvicorn, as `baton serve` sets it up, and before other programs where this user may: what else a
machine does is no lag of theirs.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from socket import socket

import uvicorn
import uvloop
from fastapi import FastAPI

from bench.loop import ours, synchronous, threaded
from bench.loop.heartbeat import with_heartbeat
from bench.loop.tape import Tape
from bench.loop.ways import Way
from operators.api.listen_address import bound
from operators.api.server import config_of
from settings import Settings

READY = "service: listening"
FIRST = "before other programs"
"""Follows READY where it was allowed."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.loop.service", description=__doc__)
    parser.add_argument("way", type=Way, choices=list(Way))
    parser.add_argument("tape", type=Path)
    given = parser.parse_args()
    priority = FIRST if _go_first() else "among other programs"
    serving = _serve(given.way, Tape(given.tape), lambda: _tell(f"{READY}, {priority}"))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serving)


async def _serve(way: Way, tape: Tape, listening: Callable[[], None]) -> None:
    match way:
        case Way.SYNCHRONOUS:
            await _serve_before(synchronous.make_app, tape, listening)
        case Way.TO_THREAD:
            await _serve_before(threaded.make_app, tape, listening)
        case Way.BATON:
            await ours.serve(tape, listening)


async def _serve_before(
    make_app: Callable[[Path, Tape], FastAPI], tape: Tape, listening: Callable[[], None]
) -> None:
    settings = Settings()
    app = with_heartbeat(make_app(Path(settings.worker.store.removeprefix("sqlite:///")), tape), tape)
    with bound(settings.console) as listener:
        async with app.router.lifespan_context(app):
            await _Server(config_of(app, settings.console), listening).serve(sockets=[listener])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._listening = listening

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        self._listening()


def _go_first() -> bool:
    """Whether this process, and each thread it will have, comes before those of ordinary priority."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except (AttributeError, PermissionError):  # not Linux, or not allowed
        return False
    return True


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
