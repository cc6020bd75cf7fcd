"""Ends a program of this folder with an exit code, and its errors as lines on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable

from errors import BadInput, SetupFailed


def exit_code_of(name: str, run: Callable[[], object]) -> int:
    """Run; return 0 done, 1 a part did not start, 2 bad input. Each error is a stderr line, after `name`."""
    try:
        run()
    except BadInput as bad:
        for mistake in bad.each:
            sys.stderr.write(f"{name}: {mistake}\n")
        return 2
    except SetupFailed as failed:
        sys.stderr.write(f"{name}: {failed}\n")
        return 1
    return 0
