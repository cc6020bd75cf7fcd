"""Makes files with people's words or secrets readable by their user only: 0600, and their folders 0700."""

from __future__ import annotations

import os
import stat
from pathlib import Path

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def write_for_us_alone() -> None:
    """From now on, whatever this process makes, and what it starts make, only this user may read."""
    os.umask(_OTHERS)


def is_open_to_others(path: Path) -> bool:
    """Whether other users may read or write it; not, where there is nothing. Raises: OSError."""
    try:
        return bool(path.stat().st_mode & _OTHERS)
    except FileNotFoundError:
        return False


def close_to_others(path: Path) -> None:
    """Take from other users what they may do with a file of ours. One of another user stays as it is."""
    try:
        if is_open_to_others(path):
            path.chmod(stat.S_IMODE(path.stat().st_mode) & ~_OTHERS)
    except OSError:  # of another user: `baton doctor` tells
        return
