"""Workers that take two calls each: never more at once, and callers who do not fit wait in line."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from local.caller.caller import Caller
from local.measure.lanes import longest_silence
from local.stack import Stack, running_worker
from persistence.records import Call, CallBack, CallEnd
from tests.support.conversation import ANSWER_LIMIT_S, DEPARTURE_S, ROW_LIMIT_S, SPEECH_LIMIT_S, until
from tests.support.places import Place, place
from tests.support.running import log_lines
from transfer.protocol import agent_identity

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.fault("C7"), pytest.mark.alone]
"""Needs the machine to itself: two workers start, and six callers arrive at once."""

EACH = 2
SILENCE_MS = 2_500
WORKERS = ("one", "two")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def few(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """The shared stack, for callers who are dispatched to these two workers."""
    folder = tmp_path_factory.mktemp("few")
    env = {
        **stack.env,
        "BATON_AGENT_NAME": "few",
        "BATON_CALLS_AT_ONCE": str(EACH),
        "BATON_DEPARTURE_S": str(DEPARTURE_S),
        "BATON_SILENCE_ASK_S": "60",  # most callers are silent, and keep their places
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


async def test_those_who_do_not_fit_are_greeted_wait_in_order_and_are_taken_while_a_full_worker_hands_over(
    few: Stack,
) -> None:
    async with AsyncExitStack() as calls:
        places = [await calls.enter_async_context(place(few)) for _ in range(len(WORKERS) * EACH + 2)]
        callers = [await calls.enter_async_context(each.joined()) for each in places]
        await until(lambda: all_greeted(callers), "a greeting for every caller", limit_s=ANSWER_LIMIT_S)
        talking, waiting = await until(lambda: parted(places), "as many taken as fit, and the rest in line")

        assert sorted(Counter(row.worker for row in await talking_rows(places)).values()) == [EACH] * 2

        await until(lambda: warm_again(few), "processes that wait for the next job")
        talk = places[talking[0]].conversation(callers[talking[0]])
        await talk.says("I was charged twice for my last invoice")
        await talk.meets_another(hears_out=False)

        first, second = waiting
        await callers[talking[-1]].hang_up()
        await until(lambda: is_taken(places[first]), "the first in line to be taken", limit_s=25)
        assert not await is_taken(places[second]), "one place was free"
        agent = await callers[first].hears(other_than=callers[first].speakers(), limit_s=ANSWER_LIMIT_S)
        await callers[first].hears_out(agent, limit_s=SPEECH_LIMIT_S)
        assert longest_gap_ms(callers[first], until_ms=callers[first].sounds(agent)[0].start_ms) < SILENCE_MS

        await callers[second].hang_up()
        row = await places[second].ended_row(limit_s=ROW_LIMIT_S)
        assert (row.ended_how, row.call_back) == (CallEnd.GAVE_UP, CallBack.LEFT_WAITING)


@pytest.mark.long
async def test_callers_in_line_are_taken_up_again_when_their_waiting_room_dies(few: Stack) -> None:
    async with AsyncExitStack() as calls:
        places = [await calls.enter_async_context(place(few)) for _ in range(len(WORKERS) * EACH + 1)]
        callers = [await calls.enter_async_context(each.joined()) for each in places]
        await until(lambda: all_greeted(callers), "a greeting for every caller", limit_s=ANSWER_LIMIT_S)
        _, (waiting,) = await until(lambda: parted(places), "one caller in line")
        before = (await places[waiting].rows())[0]
        await until(lambda: warm_again(few), "processes that wait for the next job")

        for pid in waiting_rooms(few):
            os.kill(pid, signal.SIGKILL)
        after = await until(lambda: held_by_another(places[waiting], before), "another waiting room")
        await callers[waiting].hears(agent_identity(after.holder_job), limit_s=ANSWER_LIMIT_S)

        assert (after.queued_at, after.admitted_at) == (before.queued_at, None), "the place is kept"
        assert longest_gap_ms(callers[waiting], until_ms=callers[waiting].now_ms) < SILENCE_MS


async def all_greeted(callers: Sequence[Caller]) -> bool:
    """Whether each caller has heard a voice. `make bench-load` measures how soon."""
    return all(caller.speakers() for caller in callers)


async def talking_rows(places: Sequence[Place]) -> list[Call]:
    return [row for each in places for row in await each.rows() if not row.is_waiting]


async def parted(places: Sequence[Place]) -> tuple[list[int], list[int]] | None:
    """Return which callers talk with an agent and which wait, in order; None until every call has its row.

    If callers arrive at once, some may meet a full worker and wait for a moment: they come last of those who
    talk.
    """
    rows = [await each.rows() for each in places]
    if not all(rows) or sum(row.is_waiting for (row,) in rows) != len(places) - len(WORKERS) * EACH:
        return None
    in_order = sorted(
        range(len(places)), key=lambda number: (rows[number][0].queued_at or 0, rows[number][0].id)
    )
    talking = [number for number in in_order if not rows[number][0].is_waiting]
    return talking, [number for number in in_order if number not in talking]


async def is_taken(where: Place) -> bool:
    (row,) = await where.rows()
    return row.admitted_at is not None


async def held_by_another(where: Place, before: Call) -> Call | None:
    (row,) = await where.rows()
    return row if row.is_waiting and row.holder_job != before.holder_job else None


def longest_gap_ms(caller: Caller, *, until_ms: int) -> int:
    lanes = [caller.sounds(), caller.sounds(music=True)]
    silence = longest_silence(lanes, since_ms=lanes[0][0].start_ms, until_ms=until_ms)
    return silence.end_ms - silence.start_ms


def waiting_rooms(stack: Stack) -> set[int]:
    """Return the processes of the waiting rooms that are alive."""
    lines = [line for each in stack.programs for line in log_lines(each.log, name="agents.waiting.process")]
    return {line["pid"] for line in lines if psutil.pid_exists(line["pid"])}


async def warm_again(few: Stack) -> bool:
    """Whether the pool has replaced every process that took a call."""
    return all(len(idle_processes(program.log)) >= EACH for program in few.programs)


def idle_processes(log: Path) -> set[int]:
    """Return the pool's processes that had no job: starting one takes what a caller in line needs."""
    warm = {line["pid"] for line in log_lines(log, message="process initialized")}
    return warm - {line["pid"] for line in log_lines(log, message="process has a call")}
