"""Ends a program that has used LiveKit's native SDK."""

from __future__ import annotations

import os
import sys
from typing import NoReturn


def exit_now(code: int) -> NoReturn:
    """End now, with everything that was written.

    The SDK's own threads may call into an interpreter that is being torn down, and abort it (seen once in
    about ten runs: "panic in a function that cannot unwind"). Whoever calls this has closed what it opened.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
