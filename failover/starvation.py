"""Whether a late process hangs, or only waits for a processor, as on a machine that has too much to do."""

from __future__ import annotations

from dataclasses import dataclass

import psutil

_STARVED_SHARE = 0.25
"""Share of the time between two looks. A process that waits for a processor gets less; an endless loop uses
all it gets."""


@dataclass(frozen=True, slots=True)
class Look:
    """At a process's main thread, where its event loop runs. `ran_s`: how long it has had a processor, s."""

    at_s: float
    wants_processor: bool
    ran_s: float


def look_at(pid: int, at_s: float) -> Look | None:
    """None: the process is gone, or this system does not tell."""
    try:
        process = psutil.Process(pid)
        wants = process.status() == psutil.STATUS_RUNNING
        main = next((thread for thread in process.threads() if thread.id == pid), None)
    except psutil.Error:
        return None
    return Look(at_s, wants, main.user_time + main.system_time) if main is not None else None


def starves(before: Look | None, now: Look | None) -> bool:
    """Whether it wanted a processor at both looks, and hardly had one between them."""
    if before is None or now is None or not (before.wants_processor and now.wants_processor):
        return False
    return now.ran_s - before.ran_s < _STARVED_SHARE * (now.at_s - before.at_s)
