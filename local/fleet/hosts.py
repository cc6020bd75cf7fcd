"""Runs programs under different host names on one machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache

_ALLOWED = () if os.geteuid() == 0 else ("--user", "--map-root-user")
_NAMED = ("unshare", *_ALLOWED, "--uts", "sh", "-c", 'hostname "$0" && exec "$@"')


def on_host(name: str) -> tuple[str, ...]:
    """Return the command prefix that starts a program on a host with this name.

    Empty if this system does not allow it, such as macOS: there, all programs have the machine's name.
    """
    return (*_NAMED, name) if _may_name() else ()


@cache
def _may_name() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*_NAMED, "host-1", "true"], capture_output=True, check=False).returncode == 0
