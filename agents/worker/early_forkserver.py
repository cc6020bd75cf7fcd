"""Starts the process from which jobs are forked, while the worker still looks for its servers.

Its imports take 1.5 to 2 s of one processor (`preload`). LiveKit would begin with them when all else is done.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import forkserver

from livekit.agents import Plugin
from livekit.agents.utils import http_context

_LIVEKITS = ("livekit.agents.ipc._preload", "livekit.agents.ipc._preload_freeze")
"""What AgentServer adds, in this order: the second must be the last."""


@contextmanager
def started(modules: Sequence[str]) -> Iterator[None]:
    """Import `modules` there, and what LiveKit imports. If the block ends by an error, the process ends.

    Its environment is this process's at this moment: all settings must be in it. LiveKit finds it running.
    """
    http_context._set_default_cert_env()  # as LiveKit does before it starts it
    plugins = [plugin.package for plugin in Plugin.registered_plugins]
    forkserver.set_forkserver_preload([*dict.fromkeys([*plugins, *modules]), *_LIVEKITS])
    forkserver.ensure_running()
    try:
        yield
    except BaseException:
        _end()
        raise


def _end() -> None:
    """Otherwise it would import to its end, and keep our output open for its reader."""
    if (pid := process_id()) is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def process_id() -> int | None:
    """By multiprocessing's own note: until it runs its program, its command line is ours."""
    pid: int | None = getattr(forkserver._forkserver, "_forkserver_pid", None)
    return pid
