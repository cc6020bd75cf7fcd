"""`python -m bench.loop.agents`: what agents do meanwhile, in a process of its own, until SIGTERM.

They write down turns at a steady pace, whichever way the service goes. With --ask-groq they also ask Groq for
the summary of every handoff that was started, and save it: in Baton that is their part, in the baselines the
service's.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import time
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path

from groq import AsyncGroq

from bench.loop.past import TURNS
from bench.loop.summary import LIMIT_S, MESSAGES, MODEL, words_of
from bench.loop.tape import Tape
from errors import StoreError
from persistence.contract.store import Store
from persistence.engines import open_store
from persistence.records import CallId, HandoffId, HandoffState, SummarySource

READY = "agents: writing"
_LOOK_S, _WAIT_S = 0.2, 60.0
_NEWEST = 200


async def write_turns(store: Store, calls: Sequence[str], writes_per_s: float, tape: Tape) -> None:
    """One turn after the other, each at its time or as soon as the one before is written."""
    due = time.monotonic()
    for call_id in cycle(calls):
        due += 1 / writes_per_s
        await asyncio.sleep(due - time.monotonic())
        at = time.time_ns() // 1_000_000
        try:
            with tape.write():
                await store.append_turn(CallId(call_id), *TURNS[0], started_at=at, ended_at=at)
        except StoreError as error:
            tape.error(str(error))


async def sum_up(store: Store, tape: Tape) -> None:
    """Look for handoffs as a holder does, and ask for each summary as soon as it is seen."""
    seen: set[HandoffId] = set()
    changes = store.changes(within_s=_LOOK_S)
    async with AsyncGroq(timeout=LIMIT_S, max_retries=0) as groq, asyncio.TaskGroup() as asking:
        while True:
            if not await changes.changed(_WAIT_S):
                continue
            for handoff in await store.handoffs(state=HandoffState.REQUESTED, limit=_NEWEST):
                if handoff.id not in seen:
                    seen.add(handoff.id)
                    asking.create_task(_sum_up(store, groq, handoff.id, tape))


async def _sum_up(store: Store, groq: AsyncGroq, handoff_id: HandoffId, tape: Tape) -> None:
    summary = words_of(await groq.chat.completions.create(model=MODEL, messages=MESSAGES))
    try:
        with tape.write():
            await store.save_summary(handoff_id, summary, SummarySource.MODEL)
    except StoreError as error:
        tape.error(str(error))


async def main(arguments: argparse.Namespace) -> None:
    tape = Tape(arguments.tape)
    async with open_store(arguments.store) as store:
        calls = [call.id for call in await store.calls(is_open=True, limit=arguments.calls)]
        tasks = [asyncio.create_task(write_turns(store, calls, arguments.writes_per_s, tape))]
        if arguments.ask_groq:
            tasks.append(asyncio.create_task(sum_up(store, tape)))
        asyncio.get_running_loop().add_signal_handler(
            signal.SIGTERM, lambda: [task.cancel() for task in tasks]
        )
        sys.stdout.write(READY + "\n")
        sys.stdout.flush()
        await asyncio.wait(tasks)
    tape.close()
    failed = [task.exception() for task in tasks if not task.cancelled()]
    if failed:
        raise RuntimeError("an agent's task did not go on to the end") from failed[0]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.loop.agents", description=__doc__)
    parser.add_argument("store", type=Path)
    parser.add_argument("tape", type=Path)
    parser.add_argument("--writes-per-s", type=float, default=50)
    parser.add_argument("--calls", type=int, default=50, help="how many calls have turns written to them")
    parser.add_argument("--ask-groq", action="store_true")
    asyncio.run(main(parser.parse_args()))
