"""Limits programs to a share of one core, as a container's limit does."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.support.environment import NotMeasured

_GROUPS = Path("/sys/fs/cgroup")
_PERIOD_US = 20_000
"""Short, so that a program that has used up its share waits no longer than the length of one audio frame."""
_IN_GROUP = ("sh", "-c", 'echo $$ >"$0" && exec "$@"')


@contextmanager
def held_to(cores: float, name: str) -> Iterator[tuple[str, ...]]:
    """Yield the command prefix that limits a program with all its children to `cores`.

    The programs must end before the block does. Raises: NotMeasured, if no cgroup can be made: that needs
    Linux and root.
    """
    quota_us = round(cores * _PERIOD_US)
    try:
        if (_GROUPS / "cgroup.controllers").exists():
            group = _GROUPS / f"{name}-{os.getpid()}"
            group.mkdir()
            (group / "cpu.max").write_text(f"{quota_us} {_PERIOD_US}")
        else:
            group = _GROUPS / "cpu" / f"{name}-{os.getpid()}"
            group.mkdir()
            (group / "cpu.cfs_period_us").write_text(str(_PERIOD_US))
            (group / "cpu.cfs_quota_us").write_text(str(quota_us))
    except OSError as error:
        raise NotMeasured(f"no cgroup can be made here: {error}") from None
    try:
        yield (*_IN_GROUP, str(group / "cgroup.procs"))
    finally:
        group.rmdir()
