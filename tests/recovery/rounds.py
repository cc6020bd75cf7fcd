"""`python -m tests.recovery.rounds`: kill agents round by round, and report what the caller heard.

Each round kills one process, the holder's or the target's, at one moment of a call. Each is compared with a
bare re-dispatch: an agent that only connects, publishes and plays a sound; from the request to the first
sound. The last line is `recovery: {…}`, in ms. Run it on an idle machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from livekit import api

from bench.baselines.running import bare_dispatch_ms, baselines
from bench.support.environment import new_room, rest
from bench.support.statistics import median, percentile
from local.caller.caller import Caller
from local.caller.token import caller_token
from local.native_exit import exit_now
from local.scripted import SCRIPTS
from local.shorter_roster import make_roster
from local.stack import Stack, local_stack
from persistence.records import HandoffState
from tests.support.conversation import DEPARTURE_S, conversation
from tests.support.driving import (
    Moment,
    brought_to,
    ends,
    kill,
    kill_holder,
    most_at_once_ms,
    recovered_by,
)
from transfer.protocol import agent_identity

HOLDER, TARGET = "holder", "target"
CASES = [(moment, HOLDER) for moment in Moment] + [(Moment.BRIEFING, TARGET), (Moment.ACCEPTED, TARGET)]
_LIMIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Round:
    """The result of one kill. `ends`: how often the handoff ended, if there was one."""

    silence_ms: int
    at_once_ms: int
    ends: int | None
    outcome: str


async def one_round(stack: Stack, moment: Moment, victim: str) -> Round:
    """Play one call in which an agent is killed. Raises whatever goes wrong."""
    async with asyncio.timeout(_LIMIT_S), conversation(stack) as talk:
        await talk.is_greeted()
        async with brought_to(talk, moment) as row:
            if victim == TARGET:
                assert row is not None
                killed = await kill(talk, str(row.target_job))
            else:
                killed = await kill_holder(talk)
                await recovered_by(talk, killed)
        if row is None:
            newcomer = await talk.meets_another(hears_out=False)
            await talk.caller.hears_out(newcomer, limit_s=_LIMIT_S, pause_s=0.3)
        else:
            row = await talk.handoff(HandoffState.COMPLETED)
            newcomer = agent_identity(str(row.target_job))
            await talk.caller.hears(newcomer, since_ms=0, limit_s=_LIMIT_S)
            await talk.caller.hears_out(newcomer, limit_s=_LIMIT_S)
        await talk.only_the_holder_is_left()
        counted = None if row is None else len(ends(await talk.events(), row.id))
        silence = talk.silence_since(killed.at_ms)
        return Round(silence, most_at_once_ms(talk), counted, "completed" if row else "recovered")


async def bare_redispatch(stack: Stack) -> int:
    """Return the ms from the request for a bare agent to its first sound at the caller."""
    livekit, room = stack.livekit, new_room("bare")
    token = caller_token(livekit.api_key, livekit.api_secret, room=room, agent_name=None)
    async with (
        asyncio.timeout(_LIMIT_S),
        api.LiveKitAPI(livekit.url, livekit.api_key, livekit.api_secret) as server,
        Caller.join(livekit.url, token) as caller,
    ):
        found = await bare_dispatch_ms(server, caller, room)
        await server.room.delete_room(api.DeleteRoomRequest(room=room))
        return found


async def main(rounds: int, cases: Sequence[tuple[Moment, str]]) -> dict[str, object]:
    folder = Path(tempfile.mkdtemp(prefix="baton-rounds-"))
    make_roster(folder / "roster")
    settings = {"BATON_ROSTER_FOLDER": str(folder / "roster"), "BATON_DEPARTURE_S": str(DEPARTURE_S)}
    found: dict[tuple[Moment, str], list[Round]] = {case: [] for case in cases}
    bare: list[int] = []
    async with AsyncExitStack() as exits:
        stack = await exits.enter_async_context(
            local_stack(folder, script=SCRIPTS / "recovery.yaml", settings=settings, stand_in_always=True)
        )
        await exits.enter_async_context(baselines(folder, stack))
        for number in range(rounds):
            await rest()
            bare.append(await bare_redispatch(stack))
            say(f"round {number + 1}: bare re-dispatch {bare[-1]} ms")
            for case in cases:
                await rest()
                found[case].append(await one_round(stack, *case))
                say(f"round {number + 1}: {case[1]} killed while {case[0]}: {found[case][-1]}")
    return summed_up(found, bare)


def summed_up(found: dict[tuple[Moment, str], list[Round]], bare: Sequence[int]) -> dict[str, object]:
    told: dict[str, object] = {"bare_ms": [median(bare), percentile(bare, 95)]}
    for (moment, victim), rounds in found.items():
        silences = [each.silence_ms for each in rounds]
        told[f"{victim}_{moment}"] = {
            "median_ms": median(silences),
            "p95_ms": percentile(silences, 95),
            "max_ms": max(silences),
            "ratio": round(median(silences) / median(bare), 2),
            "at_once_ms": max(each.at_once_ms for each in rounds),
            "ends": sorted({each.ends for each in rounds if each.ends is not None}),
        }
    return told


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def run() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--only", choices=list(Moment), help="kill at this moment of a call alone")
    given = parser.parse_args()
    cases = [case for case in CASES if given.only in {None, case[0]}]
    logging.getLogger("livekit").setLevel(logging.ERROR)
    say(f"recovery: {json.dumps(asyncio.run(main(given.rounds, cases)))}")
    return 0


if __name__ == "__main__":
    exit_now(run())
