"""The network tests' hosts themselves, in a network of their own, no matter what else runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

LIMIT_S = 60

LAYS_AND_STAYS = """
import time
from tests.network.hosts import hosts
with hosts():
    print("laid", flush=True)
    time.sleep(60)
"""

LISTENS = """
import socket
with socket.create_server(("", 7880)) as listening:
    print("listens", flush=True)
    listening.accept()
"""

AFTER_A_KILLED_RUN = f"""
import socket, subprocess, sys
from tests.network.hosts import ADDRESSES, hosts

def started(*command, says):
    program = subprocess.Popen([*command], stdout=subprocess.PIPE, text=True)
    assert program.stdout.readline() == says + "\\n"
    return program

killed = started(sys.executable, "-c", {LAYS_AND_STAYS!r}, says="laid")
killed.kill()
killed.stdout.read()  # it has ended, but its number stays taken until it is waited for
with hosts() as laid:
    listens = started(*laid.within("server"), sys.executable, "-c", {LISTENS!r}, says="listens")
    socket.create_connection((ADDRESSES["server"], 7880), timeout=20).close()
    assert listens.wait(20) == 0
    print("the server's host answers")
"""

WHILE_ANOTHER_GOES_ON = """
from tests.network.hosts import NoHosts, hosts
with hosts():
    try:
        with hosts():
            pass
    except NoHosts as refused:
        print(refused)
"""


def said_by(code: str, folder: Path) -> str:
    """Runs `code` with its own network, /run and temporary folder, ends it whole, and returns its output."""
    alone = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    own_run = ["sh", "-c", 'mount -t tmpfs none /run && exec "$@"', "sh"]
    ended = subprocess.run(
        [*alone, *own_run, sys.executable, "-c", code],
        env={**os.environ, "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert not ended.returncode, ended.stderr
    return ended.stdout


def test_hosts_of_a_killed_run_are_not_in_the_way_though_its_number_is_taken_again(tmp_path: Path) -> None:
    assert said_by(AFTER_A_KILLED_RUN, tmp_path) == "the server's host answers\n"


def test_second_run_is_told_that_one_goes_on(tmp_path: Path) -> None:
    assert "another run of the network tests is in progress" in said_by(WHILE_ANOTHER_GOES_ON, tmp_path)
