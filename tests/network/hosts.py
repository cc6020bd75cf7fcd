"""Hosts on this machine: the server and the agents in network namespaces, the caller outside, on one switch.

Each host hangs on the switch by a link of its own, which can be cut, and on which packets can be lost.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
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
PROGRAMS = ("ip", "iptables")
_NAMESPACE = re.compile(r"(?P<name>bt(?P<process>\d+)-\w+)")

NEEDED = (
    "this machine allows no network namespaces, and so the network's troubles cannot be tested on it: "
    "run the tests as root on Linux, with iproute2 and iptables installed"
)


class NoNamespaces(Exception):
    """Says what is needed, and what was in the way."""


@dataclass(frozen=True, slots=True)
class Hosts:
    """Made by `hosts`."""

    prefix: str

    def within(self, host: Name) -> tuple[str, ...]:
        """What starts a program on this host; the caller's is the one where we are."""
        return ("ip", "netns", "exec", f"{self.prefix}-{host}") if host in INSIDE else ()

    @contextmanager
    def cut_off(self, host: Name) -> Iterator[None]:
        """The host's link is down while the block lasts."""
        self._port(host, "down")
        try:
            yield
        finally:
            self._port(host, "up")

    @contextmanager
    def losing(self, host: Name, percent: int) -> Iterator[None]:
        """So many of 100 packets between this host and the server are lost, either way."""
        chance = ("-m", "statistic", "--mode", "random", "--probability", str(percent / 100), "-j", "DROP")
        rules = [("INPUT", "-s", ADDRESSES[host]), ("OUTPUT", "-d", ADDRESSES[host])]
        with ExitStack() as undo:
            for rule in rules:
                run(*self.within("server"), "iptables", "-A", *rule, *chance)
                undo.callback(run, *self.within("server"), "iptables", "-D", *rule, *chance)
            yield

    def _port(self, host: Name, state: Literal["up", "down"]) -> None:
        run("ip", "-n", f"{self.prefix}-switch", "link", "set", host, state)


@contextmanager
def hosts() -> Iterator[Hosts]:
    """Lay the cables. Raises: NoNamespaces."""
    if missing := [program for program in PROGRAMS if shutil.which(program) is None]:
        raise NoNamespaces(f"{NEEDED} (not found: {', '.join(missing)})")
    prefix = f"bt{os.getpid()}"
    with ExitStack() as undo:
        try:
            _clear_what_a_killed_run_left()
            for namespace in ("switch", *INSIDE):
                run("ip", "netns", "add", f"{prefix}-{namespace}")
                undo.callback(run, "ip", "netns", "delete", f"{prefix}-{namespace}")
            _switch(prefix)
            for host in ADDRESSES:
                _link(prefix, host)
        except (OSError, subprocess.CalledProcessError) as error:
            said = error.stderr.strip() if isinstance(error, subprocess.CalledProcessError) else str(error)
            raise NoNamespaces(f"{NEEDED} ({said})") from error
        yield Hosts(prefix)


def _clear_what_a_killed_run_left() -> None:
    """Its hosts have the addresses of ours."""
    for namespace in run("ip", "netns", "list").splitlines():
        if (left := _NAMESPACE.match(namespace)) and not Path(f"/proc/{left['process']}").exists():
            run("ip", "netns", "delete", left["name"])


def _switch(prefix: str) -> None:
    run("ip", "-n", f"{prefix}-switch", "link", "add", "bridge0", "type", "bridge")
    run("ip", "-n", f"{prefix}-switch", "link", "set", "bridge0", "up")


def _link(prefix: str, host: Name) -> None:
    """The link's other end is the switch's port of the host's name. It goes with the switch."""
    switch, inside = f"{prefix}-switch", host in INSIDE
    home = f"{prefix}-{host}" if inside else str(os.getpid())
    there = ("ip", "-n", f"{prefix}-{host}") if inside else ("ip",)
    interface = INTERFACE if inside else prefix
    run("ip", "-n", switch, "link", "add", host, "type", "veth", "peer", "name", prefix)
    run("ip", "-n", switch, "link", "set", host, "master", "bridge0", "up")
    run("ip", "-n", switch, "link", "set", prefix, "netns", home)
    if interface != prefix:
        run(*there, "link", "set", prefix, "name", interface)
        run(*there, "link", "set", "lo", "up")
    run(*there, "address", "add", f"{ADDRESSES[host]}/24", "dev", interface)
    run(*there, "link", "set", interface, "up")


def run(*command: str) -> str:
    """Returns what was said. Raises: subprocess.CalledProcessError, with what was said; OSError."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
