"""`tether.py LIFELINE PROGRAM …`: become a program whose whole process group ends when its starter does.

LIFELINE is the reading end of a pipe; only the starter holds the other end, and the kernel closes it, however
the starter ends, by `kill -9` too. PR_SET_PDEATHSIG would end the program alone, and LiveKit's job processes
that lose their worker at a bad moment wait for ever for their own log thread.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn


def main() -> None:
    """Leave somebody who watches the lifeline, then become the program."""
    lifeline, program = int(sys.argv[1]), sys.argv[2:]
    if (between := os.fork()) == 0:
        if os.fork() == 0:
            watch(lifeline)
        os._exit(0)  # so the one who watches is no child of the program
    os.waitpid(between, 0)
    os.close(lifeline)
    os.execvp(program[0], program)


def watch(lifeline: int) -> NoReturn:
    """Wait until nobody holds the other end any more, then end the group, this process too."""
    for polite in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(polite, signal.SIG_IGN)
    os.read(lifeline, 1)
    os.killpg(0, signal.SIGKILL)
    os._exit(1)


if __name__ == "__main__":
    main()
