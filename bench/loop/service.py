"""`python -m bench.loop.service WAY STORE TAPE PORT`: one of the three services, with a heartbeat."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from bench.loop import ours, synchronous, threaded
from bench.loop.heartbeat import with_heartbeat
from bench.loop.tape import Tape


class Way(StrEnum):
    """How a service does its work. The value is what the figures call it."""

    SYNCHRONOUS = "synchronous"
    TO_THREAD = "to_thread"
    BATON = "baton"


APPS: Mapping[Way, Callable[[Path, Tape], FastAPI]] = {
    Way.SYNCHRONOUS: synchronous.make_app,
    Way.TO_THREAD: threaded.make_app,
    Way.BATON: ours.make_app,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.loop.service", description=__doc__)
    parser.add_argument("way", type=Way, choices=list(Way))
    parser.add_argument("store", type=Path)
    parser.add_argument("tape", type=Path)
    parser.add_argument("port", type=int)
    given = parser.parse_args()
    tape = Tape(given.tape)
    app = with_heartbeat(APPS[given.way](given.store, tape), tape)
    config = uvicorn.Config(app, host="127.0.0.1", port=given.port, access_log=False, log_level="info")
    asyncio.run(uvicorn.Server(config).serve())


if __name__ == "__main__":
    main()
