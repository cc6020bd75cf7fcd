"""`make dev-fleet`: keeps a fleet running on this machine, with a page to kill its parts."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from agents.worker.writable_folder import made_writable
from local.caller.token import caller_token
from local.exit_code import exit_code_of
from local.fleet.fleet import Fleet, fleet
from local.fleet.page import fleet_page
from settings import WorkerSettings, read

FOLDER = Path("out/dev-fleet")
SHOWS = "fleet: the page is at "
"""The start of the line that is written once everything runs."""

_ROOM = "fleet"


async def _keep_running(folder: Path, port: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with (
        fleet(folder, on_step=lambda step: _say(f"· {step}")) as running,
        fleet_page(running, port) as address,
    ):
        _tell(running)
        _say(f"{SHOWS}{address}")
        await stop.wait()


def _tell(running: Fleet) -> None:
    server = running.servers.livekit
    name = running.servers.env.get("BATON_AGENT_NAME") or read(WorkerSettings).agent_name
    for service, link in running.consoles.items():
        _say(f"  {service}  {link}")
    _say(f"  server     {server.url}")
    _say(
        "  call it    with any LiveKit client and this token, which also dispatches the agent, for six hours:"
    )
    _say(f"             {caller_token(server.api_key, server.api_secret, room=_ROOM, agent_name=name)}")
    _say("  end        Ctrl-C")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Exit code: 0 ended by a signal, 1 a part did not start, 2 bad input."""
    parser = argparse.ArgumentParser(prog="make dev-fleet", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="for the logs")
    parser.add_argument("--port", type=int, default=0, help="of the page (default: any)")
    arguments = parser.parse_args()
    folder = arguments.folder.absolute()

    def run() -> None:
        made_writable(folder, "the fleet's folder", "run it in a checkout of your own")
        asyncio.run(_keep_running(folder, arguments.port))

    return exit_code_of("dev-fleet", run)


if __name__ == "__main__":
    sys.exit(main())
