"""Starts the forkserver, from which jobs are forked, while the worker still waits for its servers.

Its imports take 1.5 to 2 s of one processor (`preload`). LiveKit would begin them only after everything else.
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
"""The modules that AgentServer adds, in this order: the second must be the last."""


@contextmanager
def started(modules: Sequence[str]) -> Iterator[None]:
    """Start the forkserver, which imports `modules` and LiveKit's own. Kill it if the block raises.

    The forkserver copies this process's environment now, so all settings must be in it. LiveKit later finds
    the forkserver running.
    """
    http_context._set_default_cert_env()  # as LiveKit does before it starts the forkserver
    plugins = [plugin.package for plugin in Plugin.registered_plugins]
    forkserver.set_forkserver_preload([*dict.fromkeys([*plugins, *modules]), *_LIVEKITS])
    forkserver.ensure_running()
    try:
        yield
    except BaseException:
        _end()
        raise


def _end() -> None:
    """Kill the forkserver, which would otherwise finish its imports and keep our output open."""
    if (pid := process_id()) is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def process_id() -> int | None:
    """Return the id that multiprocessing noted: at first, the forkserver's command line equals ours."""
    pid: int | None = getattr(forkserver._forkserver, "_forkserver_pid", None)
    return pid
