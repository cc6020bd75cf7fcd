"""Workers that take two calls each: never more at once, and no call is refused that fits."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace

import psutil
import pytest
import pytest_asyncio

from local.caller.caller import Caller
from local.stack import Stack, running_worker
from tests.support.conversation import until
from tests.support.places import place
from tests.support.running import log_lines
from transfer.protocol import AnswerCall

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.fault("C7")]

EACH = 2
WORKERS = ("one", "two")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def few(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """The shared stack, for callers who are dispatched to these two workers."""
    folder = tmp_path_factory.mktemp("few")
    env = {
        **stack.env,
        "BATON_AGENT_NAME": "few",
        "BATON_CALLS_AT_ONCE": str(EACH),
        "BATON_IDLE_PROCESSES": str(EACH),
        "BATON_HEALTH_PORT": "0",
        "BATON_STORE": f"sqlite:///{folder / 'baton.db'}",
    }
    async with AsyncExitStack() as running:
        workers = await asyncio.gather(
            *(running.enter_async_context(running_worker(folder, env, name)) for name in WORKERS)
        )
        yield replace(
            stack,
            worker=workers[0],
            env=env,
            store=env["BATON_STORE"],
            programs=tuple(workers),
        )


async def test_each_worker_takes_as_many_as_it_may_and_when_it_is_full_hands_over_all_the_same(
    few: Stack,
) -> None:
    async with AsyncExitStack() as calls:
        places = [await calls.enter_async_context(place(few)) for _ in range(len(WORKERS) * EACH + 2)]
        callers = [await calls.enter_async_context(each.joined(alone=True)) for each in places]
        await asyncio.gather(*(each.dispatch(AnswerCall().model_dump_json()) for each in places))
        taken = await until(lambda: answered(callers), "as many answered callers as fit", limit_s=30)
        await until(lambda: warm_again(few), "processes that wait for the next job")
        talk = places[taken[0]].conversation(callers[taken[0]])
        await talk.is_greeted()
        await talk.says("I was charged twice for my last invoice")
        await talk.meets_another(hears_out=False)
        rows = await places[0].store.calls()

        assert sorted(Counter(row.worker for row in rows).values()) == [EACH] * len(WORKERS)
        assert await answered(callers) == taken, "more than fit are nobody's, and spoil no other call"
        waiting = [caller for number, caller in enumerate(callers) if number not in taken]
        await callers[taken[-1]].hang_up()
        await until(lambda: process_has_ended(few, places[taken[-1]].room), "an end of a call's process")
        await until(lambda: one_of(waiting), "an answer to a caller who waited", limit_s=25)


async def answered(callers: Sequence[Caller]) -> list[int] | None:
    """Returns the callers an agent has spoken to; None while there is room for more."""
    found = [number for number, caller in enumerate(callers) if caller.speakers()]
    return found if len(found) >= len(WORKERS) * EACH else None


async def one_of(waiting: Sequence[Caller]) -> bool:
    """Whether an agent has spoken to one of these callers."""
    return any(caller.speakers() for caller in waiting)


async def warm_again(few: Stack) -> bool:
    """Waits until the pool has replaced every process that took a call."""
    logs = [program.log.read_text(encoding="utf-8", errors="replace") for program in few.programs]
    return all(log.count("process initialized") >= 2 * EACH for log in logs)


async def process_has_ended(few: Stack, room: str) -> bool:
    pids = {line["pid"] for program in few.programs for line in log_lines(program.log, room=room)}
    jobs = pids - {program.pid for program in few.programs}
    return bool(jobs) and not any(psutil.pid_exists(pid) for pid in jobs)
