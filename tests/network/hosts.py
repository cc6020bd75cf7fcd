"""Hosts on this machine: the server and the agents in network namespaces, the caller outside, on one switch.

Each host has its own link to the switch, which can be cut or can lose packets.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Literal

Name = Literal["server", "agents", "caller"]
INSIDE: tuple[Name, ...] = ("server", "agents")
ADDRESSES: dict[Name, str] = {
    "server": "10.213.77.1",
    "agents": "10.213.77.2",
    "caller": "10.213.77.3",
}
INTERFACE = "link0"
CALLERS_INTERFACE = "baton-caller"
PROGRAMS = ("ip", "iptables")
_NAMESPACES = {name: f"baton-{name}" for name in ("switch", *INSIDE)}
_SWITCH = _NAMESPACES["switch"]
_LOCK = Path(tempfile.gettempdir(), "baton-test-hosts.lock")

NEEDED = (
    "this machine allows no network namespaces, and so the network's troubles cannot be tested on it: "
    "run the tests as root on Linux, with iproute2 and iptables installed"
)


class NoHosts(Exception):
    """The hosts cannot be set up. The message says what is needed and what failed."""


class Hosts:
    """Made by `hosts`."""

    def within(self, host: Name) -> tuple[str, ...]:
        """Returns the command prefix that runs a program on this host; empty for the caller's host."""
        return ("ip", "netns", "exec", _NAMESPACES[host]) if host in INSIDE else ()

    @contextmanager
    def cut_off(self, host: Name) -> Iterator[None]:
        """Takes the host's link down while the block lasts."""
        self._port(host, "down")
        try:
            yield
        finally:
            self._port(host, "up")

    @contextmanager
    def losing(self, host: Name, percent: int) -> Iterator[None]:
        """Drops this percentage of packets between the host and the server, in both directions."""
        chance = ("-m", "statistic", "--mode", "random", "--probability", str(percent / 100), "-j", "DROP")
        rules = [("INPUT", "-s", ADDRESSES[host]), ("OUTPUT", "-d", ADDRESSES[host])]
        with ExitStack() as undo:
            for rule in rules:
                run(*self.within("server"), "iptables", "-A", *rule, *chance)
                undo.callback(run, *self.within("server"), "iptables", "-D", *rule, *chance)
            yield

    def _port(self, host: Name, state: Literal["up", "down"]) -> None:
        run("ip", "-n", _SWITCH, "link", "set", host, state)


@contextmanager
def hosts() -> Iterator[Hosts]:
    """Sets up the hosts and their links. Raises: NoHosts."""
    if missing := [program for program in PROGRAMS if shutil.which(program) is None]:
        raise NoHosts(f"{NEEDED} (not found: {', '.join(missing)})")
    with ExitStack() as undo:
        undo.enter_context(_alone())
        try:
            _clear()
            undo.callback(_clear)
            for namespace in _NAMESPACES.values():
                run("ip", "netns", "add", namespace)
            run("ip", "-n", _SWITCH, "link", "add", "bridge0", "type", "bridge")
            run("ip", "-n", _SWITCH, "link", "set", "bridge0", "up")
            for host in ADDRESSES:
                _link(host)
        except (OSError, subprocess.CalledProcessError) as error:
            said = error.stderr.strip() if isinstance(error, subprocess.CalledProcessError) else str(error)
            raise NoHosts(f"{NEEDED} ({said})") from error
        yield Hosts()


@contextmanager
def _alone() -> Iterator[None]:
    """Lets only one run at a time have the hosts. The kernel releases the lock however the run ends."""
    with _LOCK.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NoHosts("another run of the network tests is in progress; wait until it ends") from None
        yield


def _clear() -> None:
    """Remove the hosts, whole or in part, including those of a killed run, whose addresses we need.

    The caller's link is removed first, separately: the links of a namespace vanish some time after it.
    """
    if CALLERS_INTERFACE in (name for _, name in socket.if_nameindex()):
        run("ip", "link", "delete", CALLERS_INTERFACE)
    for namespace in run("ip", "netns", "list").splitlines():
        if (name := namespace.split()[0]) in _NAMESPACES.values():
            run("ip", "netns", "delete", name)


def _link(host: Name) -> None:
    """Make a host's link. Its other end is the switch's port with the host's name."""
    ip: tuple[str, ...]
    if inside := host in INSIDE:
        ip, home, interface = ("ip", "-n", _NAMESPACES[host]), _NAMESPACES[host], INTERFACE
    else:
        ip, home, interface = ("ip",), str(os.getpid()), CALLERS_INTERFACE
    peer = ("peer", "name", interface, "netns", home)
    run("ip", "-n", _SWITCH, "link", "add", host, "type", "veth", *peer)
    run("ip", "-n", _SWITCH, "link", "set", host, "master", "bridge0", "up")
    if inside:
        run(*ip, "link", "set", "lo", "up")
    run(*ip, "address", "add", f"{ADDRESSES[host]}/24", "dev", interface)
    run(*ip, "link", "set", interface, "up")


def run(*command: str) -> str:
    """Returns the command's output. Raises: subprocess.CalledProcessError, with the output; OSError."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
