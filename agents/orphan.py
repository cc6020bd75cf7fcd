"""A job's process whose worker has died. LiveKit ends it; where that hangs, this does."""

from __future__ import annotations

import logging
import os
import threading

log = logging.getLogger("baton.orphan")

_LIMIT_S = 3.0


def end_soon() -> None:
    """End this process in a few seconds, whatever it does then.

    Its loop is being closed, so a thread counts; and a log thread without a reader can keep the interpreter
    from ending (livekit-facts).
    """
    log.error("the worker has died, this process ends")
    timer = threading.Timer(_LIMIT_S, os._exit, (1,))
    timer.daemon = True
    timer.start()
