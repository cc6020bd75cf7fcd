"""Sends the log of one of the worker's own processes to the worker, as LiveKit's job processes do."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from livekit.agents.ipc.log_queue import LogQueueHandler, LogQueueListener
from livekit.agents.utils.aio.duplex_unix import _Duplex


@contextmanager
def sending_logs(to: socket.socket, level: int) -> Iterator[None]:
    """The process's end: every record goes to the worker while the block lasts."""
    handler, root = LogQueueHandler(_Duplex.open(to)), logging.getLogger()
    root.setLevel(level)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()
        handler.thread.join()


def receiving_logs(of: socket.socket, pid: dict[str, int]) -> LogQueueListener:
    """The worker's end: a thread that runs until the other end is closed. Each record is given `pid`."""
    listener = LogQueueListener(_Duplex.open(of), lambda record: record.__dict__.update(pid))
    listener.start()
    return listener
