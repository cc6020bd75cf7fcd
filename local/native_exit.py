"""Exits a program that has used LiveKit's native SDK."""

from __future__ import annotations

import os
import sys
from typing import NoReturn


def exit_now(code: int) -> NoReturn:
    """Flush the output and exit at once. The caller must have closed what it opened.

    In a normal exit the SDK's threads may call into the interpreter during its shutdown and abort it (seen
    once in about ten runs: "panic in a function that cannot unwind").
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
