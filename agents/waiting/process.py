"""The waiting room's process: takes commands from its worker, and serves each caller in a task."""

from __future__ import annotations

import asyncio
import logging
import socket
from contextlib import AsyncExitStack

from livekit import rtc

from agents.process.own_process import run_here
from agents.process.process_context import ParentWorker
from agents.waiting.commands import Greet, TakeUp, read_command
from agents.waiting.means import WaitingMeans, read_roster
from agents.waiting.one_caller import Waiting, hold_caller
from agents.waiting.sound import music_samples
from clock import SystemClock
from errors import StoreError
from failover.outage_log import OutageLog
from persistence.engines import open_store
from priority import step_back
from settings import Settings
from tasks import BackgroundTasks
from transfer.livekit.server_api import open_server_api

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.5
_WORDS_FIRST_S = 2.0
_STEPS_BACK_S, _STEPS_BACK = 10.0, 5
"""After this many seconds the process adds this much to its niceness, and has a third of a call's weight:
callers who talk hear every delay. Not sooner: the callers of a dead waiting room wait for it in silence."""
_ALONE_S = 20.0
"""How long callers are held after their worker's death, until another worker takes them up."""


def run_waiting_room(commands: socket.socket, logs: socket.socket, level: int, parent: ParentWorker) -> None:
    """The process's main function. It ends when the worker closes `commands`, or dies."""
    run_here(_serve(commands, parent), logs, level)


async def _serve(commands: socket.socket, parent: ParentWorker) -> None:
    reader, writer = await asyncio.open_connection(sock=commands)
    settings, waiting = Settings(), Waiting()
    async with AsyncExitStack() as stack:
        means = WaitingMeans(
            parent=parent,
            settings=settings,
            store=await stack.enter_async_context(open_store(settings.worker.store, patient=True)),
            server=await stack.enter_async_context(
                open_server_api(settings.livekit, settings.worker.agent_name)
            ),
            clock=SystemClock(),
            roster=read_roster(settings),
        )
        tasks = BackgroundTasks()
        stack.push_async_callback(tasks.cancel)
        await means.load_lines()
        tasks.start(_load_music(means), name="music")
        tasks.start(_step_back(), name="priority")
        tasks.start(_follow_line(means, waiting), name="line")
        log.info("waiting room ready")
        while line := await reader.readline():
            tasks.start(_hold(means, read_command(line), waiting), name="a caller in line")
        await _end(means, waiting)
        writer.close()


async def _hold(means: WaitingMeans, command: Greet | TakeUp, waiting: Waiting) -> None:
    try:
        await means.load_lines()
        await hold_caller(means, command, waiting)
    except (TimeoutError, rtc.ConnectError) as error:
        # The worker sees that this job has left its call, and finds another for the caller.
        log.warning("a caller could not be held", extra={"room": command.room, "error": type(error).__name__})


async def _load_music(means: WaitingMeans) -> None:
    """Load the music after the first greetings: decoding takes half a second of a processor."""
    await asyncio.sleep(_WORDS_FIRST_S)
    means.music = await music_samples()


async def _step_back() -> None:
    await asyncio.sleep(_STEPS_BACK_S)
    step_back(_STEPS_BACK)


async def _follow_line(means: WaitingMeans, waiting: Waiting) -> None:
    outage, clock = OutageLog(log, "the line is not read"), asyncio.get_running_loop()
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)
        if not waiting:
            continue
        try:
            line = await means.store.calls_in_line()
        except StoreError as error:
            outage.failed(error)
            continue
        outage.worked()
        for caller in list(waiting.values()):
            caller.follow(line, clock.time())


async def _end(means: WaitingMeans, waiting: Waiting) -> None:
    """Hold the callers, after the worker's death, until another worker has taken them up.

    End the worker's lease, so that others need not wait until it expires.
    """
    if not waiting:
        return
    log.error("worker died, the waiting room goes on for a while", extra={"callers": len(waiting)})
    try:
        await means.store.end_lease(means.parent.worker)
    except StoreError as error:
        log.warning("lease not ended, it will expire", extra={"error": str(error)})
    with_limit = asyncio.get_running_loop().time() + _ALONE_S
    while waiting and asyncio.get_running_loop().time() < with_limit:  # noqa: ASYNC110 - tasks end by themselves
        await asyncio.sleep(_LOOK_EVERY_S)
