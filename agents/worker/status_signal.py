"""Logs the number of the worker's tasks and jobs on `kill -USR1`, to see whether they grow."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)


@contextmanager
def log_status_on_signal(jobs: Callable[[], int]) -> Iterator[None]:
    """Handle the signal while the block lasts. `jobs` counts the running jobs."""
    loop = asyncio.get_running_loop()

    def log_status() -> None:
        log.info("worker status", extra={"tasks": len(asyncio.all_tasks(loop)), "jobs": jobs()})

    loop.add_signal_handler(signal.SIGUSR1, log_status)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGUSR1)
