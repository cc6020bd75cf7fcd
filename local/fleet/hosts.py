"""Programs under the names of hosts of their own, on one machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache

_ALLOWED = () if os.geteuid() == 0 else ("--user", "--map-root-user")
_NAMED = ("unshare", *_ALLOWED, "--uts", "sh", "-c", 'hostname "$0" && exec "$@"')


def on_host(name: str) -> tuple[str, ...]:
    """The command prefix that starts a program on a host of this name.

    Empty where this system lets nobody but root name one, such as macOS: there all have the machine's name.
    """
    return (*_NAMED, name) if _may_name() else ()


@cache
def _may_name() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*_NAMED, "host-1", "true"], capture_output=True, check=False).returncode == 0
