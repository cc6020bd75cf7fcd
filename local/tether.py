"""`tether.py LIFELINE PROGRAM …`: becomes PROGRAM, whose whole process group ends when its starter ends.

LIFELINE is the reading end of a pipe. Only the starter holds the other end, and the kernel closes it however
the starter ends, even by `kill -9`. PR_SET_PDEATHSIG would end only the program itself. LiveKit's job
processes that lose their worker at a bad moment would then wait for ever for their own log thread.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn


def main() -> None:
    """Start a process that watches the lifeline, then become the program."""
    lifeline, program = int(sys.argv[1]), sys.argv[2:]
    if (between := os.fork()) == 0:
        if os.fork() == 0:
            watch(lifeline)
        os._exit(0)  # so that the watcher is not a child of the program
    os.waitpid(between, 0)
    os.close(lifeline)
    os.execvp(program[0], program)


def watch(lifeline: int) -> NoReturn:
    """Wait until the other end is closed, then kill the group, including this process."""
    for polite in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(polite, signal.SIG_IGN)
    os.read(lifeline, 1)
    os.killpg(0, signal.SIGKILL)
    os._exit(1)


if __name__ == "__main__":
    main()
