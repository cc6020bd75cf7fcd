"""`kill -USR1` of a worker: it writes down what it holds, for whoever wants to know whether it grows."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)


@contextmanager
def reporting(jobs: Callable[[], int]) -> Iterator[None]:
    """Answer the signal while the block lasts; `jobs` counts those that run."""
    loop = asyncio.get_running_loop()

    def report() -> None:
        log.info("what the worker holds", extra={"tasks": len(asyncio.all_tasks(loop)), "jobs": jobs()})

    loop.add_signal_handler(signal.SIGUSR1, report)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGUSR1)
