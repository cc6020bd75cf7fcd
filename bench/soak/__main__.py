"""`python -m bench.soak --calls 500 --seed 1`: calls with handoffs, as many at once as the machine can carry.

About every tenth call loses an agent by `kill -9`. About every tenth goes to people at desks, and in some of
these the agent between caller and person is killed. About every tenth comes by telephone. The seed decides
which calls, which agents and when. With `--failing 0.1`, a tenth of Groq's requests fail too, in every way
that `bench.unsteady` knows. The exit code is 1 if a caller was lost, a row never ended, or two agents talked
at once.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from livekit import api
from rich.console import Console

from bench.phone.secrets import lead_to
from bench.soak.call import Lines
from bench.soak.environment import Environment
from bench.soak.people import PEOPLE, RINGS_S, people_at_desks
from bench.soak.plan import EVERY, by_phone, plan, to_people
from bench.soak.report import figures, last_line
from bench.soak.run import Soak
from bench.support.ledger import Costs, counted, spent
from bench.unsteady.faults import SHARE, failing
from errors import BadInput, BatonError
from local.demo.progress import Progress
from local.desk.care_team import write_care_team
from local.native_exit import exit_now
from local.phone.network import phone_network
from local.scripted import SCRIPTS
from local.shorter_roster import make_roster
from local.stack import local_stack
from persistence.engines import open_store

FOLDER = Path("out/soak")
_CALLS_A_CORE = 2


async def main(
    console: Console, calls: int, seed: int, at_once: int, every: int, share: float
) -> dict[str, object]:
    """Play the soak and return its figures. Raises: BatonError."""
    progress = Progress(console)
    lines = Lines.spoken()
    with progress.waiting("calls are played"):
        async with _env(progress, at_once) as (env, address):
            before = await spent(env.stack.groq)
            kills, people = plan(calls, seed, every=every), to_people(calls, seed)
            phones = by_phone(calls, seed, {*kills, *people})
            soak = Soak(env, lines, kills, people, phones, address, progress)
            async with (
                aiohttp.ClientSession(env.stack.groq, raise_for_status=True) as stand_in,
                failing(stand_in, seed, share),
            ):
                outcomes = await soak.play(calls, at_once)
            open_rows = await soak.open_rows()
            end = await soak.settled()
            costs = Costs(await counted(env.store), before, await spent(env.stack.groq))
    assert soak.tenth is not None
    found = figures(outcomes, open_rows=open_rows, tenth=soak.tenth, end=end, seed=seed, at_once=at_once)
    chosen = {"to_people": len(people), "by_phone": len(phones), "failing": share}
    return found | chosen | costs.figures()


@asynccontextmanager
async def _env(progress: Progress, at_once: int) -> AsyncIterator[tuple[Environment, str]]:
    """Start the stack and its people. Also yields the gateway's address, where telephones call in."""
    folder = FOLDER / time.strftime("%Y%m%d-%H%M%S")
    folder.mkdir(parents=True)
    roster = make_roster(folder / "roster")
    write_care_team(roster, PEOPLE, rings_s=RINGS_S)
    settings = {
        "BATON_ROSTER_FOLDER": str(roster),
        "BATON_CALLS_AT_ONCE": str(2 * at_once),
        "BATON_IDLE_PROCESSES": str(max(2, at_once)),
        "BATON_DEPARTURE_S": "2",
    }
    async with (
        phone_network(folder, on_step=progress.step) as network,
        local_stack(
            folder,
            script=SCRIPTS / "soak.yaml",
            settings=settings,
            stand_in_always=True,
            service=True,
            livekit=network.livekit,
            on_step=progress.step,
        ) as stack,
        api.LiveKitAPI(stack.livekit.url, stack.livekit.api_key, stack.livekit.api_secret) as livekit,
        open_store(stack.store, read_only=True) as store,
        people_at_desks(stack.console.partition("#")[0], stack.store),
    ):
        await lead_to(stack)
        yield Environment(stack, livekit, store), network.address


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.soak",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    cores = os.cpu_count() or 1
    parser.add_argument("--calls", type=int, default=500, help="number of calls (default 500)")
    parser.add_argument("--seed", type=int, default=1, help="seed for the kills (default 1)")
    parser.add_argument(
        "--at-once", type=int, default=_CALLS_A_CORE * cores, help="calls at once (default: two a core)"
    )
    parser.add_argument(
        "--kill-every", type=int, default=EVERY, help=f"one kill in so many calls; 0: none (default {EVERY})"
    )
    parser.add_argument(
        "--failing", type=float, default=0.0, help="share of Groq's requests that fail (default 0)"
    )
    given = parser.parse_args()
    if given.calls < 1 or given.at_once < 1:
        parser.error("--calls and --at-once: give 1 or more")
    if not 0 <= given.failing <= SHARE:
        parser.error(f"--failing: give a share from 0 to {SHARE:.2f}")
    return given


def run() -> int:
    """Return the exit code: 0; 1 if something was lost or went wrong; 2 on bad input."""
    logging.getLogger("livekit").setLevel(logging.CRITICAL)  # the SDK logs a room's end as an error
    console, given = Console(highlight=False), arguments()
    try:
        found = asyncio.run(
            main(console, given.calls, given.seed, given.at_once, given.kill_every, given.failing)
        )
    except BatonError as error:
        sys.stderr.write(f"soak: {error}\n")
        return 2 if isinstance(error, BadInput) else 1
    sys.stdout.write(last_line(found) + "\n")
    return 1 if found["lost_callers"] or found["non_terminal_rows"] or found["duplicates"] else 0


if __name__ == "__main__":
    exit_now(run())
