"""`python -m local.tether PARENT PROGRAM …`: run a program that ends when its parent does, however that ends.

The kernel sees to it, so it holds for `kill -9`, too. Asked for here, between fork and exec, and not in a
`preexec_fn`: that is unsafe in a process with threads.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # prctl(2), Linux; elsewhere a killed parent leaves the program running


def main() -> None:
    """Tie this process to PARENT (a process id), then become the program."""
    parent, *program = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != int(parent):  # it ended before the tie was made
            sys.exit(1)
    os.execvp(program[0], program)


if __name__ == "__main__":
    main()
