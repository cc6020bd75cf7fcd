"""The recorder's process: follows the store, and records the calls of its worker whose callers agreed."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Collection
from contextlib import AsyncExitStack

from agents.process.own_process import run_here
from agents.process.process_context import ParentWorker
from agents.recording.call_recorder import CallRecorder, Means
from agents.recording.track_recorder import HOLD_BACK_MS
from agents.roster.roster import load_roster
from clock import SystemClock
from errors import StoreError
from failover.outage_log import OutageLog
from persistence.engines import open_store
from persistence.recording import RecordingState
from persistence.records import CallId, RoleName
from priority import may_wake_late, step_back
from recordings.keys import read_keys
from settings import Settings, adopt
from tasks import BackgroundTasks

log = logging.getLogger(__name__)

_SEEN_WITHIN_S = 0.2
_LOOK_EVERY_S = 1.0
_AGAIN_S = 0.5
_OVERLAP_S = 2.0
"""How long we still record a call that moved to another worker, whose recorder is about to join."""
_END_LIMIT_S = 2.0
_ONE_THREAD = {"TOKIO_WORKER_THREADS": "1"}
"""For LiveKit's native side, which reads it as it starts: two threads mostly wake each other."""

_LATE_MS = 40
"""How late a thread may wake: nobody waits for a recorder. LiveKit's threads wake a hundred times a second,
which costs more than what they then do (docs/measurements.md).
"""
_AFTER_CALLS = 5
"""The added niceness, which gives it a third of a call's weight: callers who talk hear every delay."""


def run_recorder(commands: socket.socket, logs: socket.socket, level: int, parent: ParentWorker) -> None:
    """The process's main function. It ends when the worker closes `commands`, or dies."""
    adopt(_ONE_THREAD)
    step_back(_AFTER_CALLS)
    may_wake_late(_LATE_MS)
    run_here(_serve(commands, parent), logs, level)


async def _serve(commands: socket.socket, parent: ParentWorker) -> None:
    reader, writer = await asyncio.open_connection(sock=commands)
    settings = Settings()
    folder, key_file = settings.recording.folder, settings.recording.key_file
    assert folder is not None
    assert key_file is not None
    roles = load_roster(
        settings.worker.roster_folder, voices=settings.groq.voices.split(), documents=False
    ).roles
    async with AsyncExitStack() as stack:
        means = Means(
            worker=parent.worker,
            store=await stack.enter_async_context(open_store(settings.worker.store, patient=True)),
            clock=SystemClock(),
            folder=folder,
            keys=read_keys(key_file),
            livekit=settings.livekit,
        )
        tasks = BackgroundTasks()
        stack.push_async_callback(tasks.cancel)
        recorders = Recorders(means, {name for name, role in roles.items() if not role.recorded})
        following = tasks.start(recorders.follow(), name="recordings")
        await reader.read()
        following.cancel()
        await recorders.end()
        writer.close()


class Recorders:
    """Runs one recorder per call.

    While a role of `unrecorded` has the caller, alone or with another, nothing is recorded: such roles talk
    about what nobody may keep, such as card numbers.
    """

    def __init__(self, means: Means, unrecorded: Collection[RoleName]) -> None:
        self._means, self._unrecorded = means, unrecorded
        self._running: dict[CallId, CallRecorder] = {}
        self._ending = BackgroundTasks()

    async def follow(self) -> None:
        outage = OutageLog(log, "recordings do not follow the store")
        changes = self._means.store.changes(within_s=_SEEN_WITHIN_S)
        while True:
            try:
                await changes.changed(_LOOK_EVERY_S)
                await self.look()
            except StoreError as error:
                outage.failed(error)
                await asyncio.sleep(_AGAIN_S)
                continue
            outage.worked()

    async def look(self) -> None:
        """Record what may be recorded now, and nothing else. Raises: StoreError."""
        calls = await self._means.store.recorded_calls(self._means.worker)
        off = await self._off_the_record()
        wanted = {
            call.id: call for call in calls if call.holder_role not in self._unrecorded and call.id not in off
        }
        for call_id in self._running.keys() - wanted.keys():
            self._ending.start(self._end(call_id, self._running.pop(call_id)), name="end of a recording")
        for call_id in wanted.keys() - self._running.keys():
            recorder = self._running[call_id] = CallRecorder(self._means, wanted[call_id])
            recorder.start()

    async def end(self) -> None:
        """Stop all recorders: the worker is gone."""
        now = self._means.clock.now_ms()
        running, self._running = self._running, {}
        await asyncio.gather(*(recorder.stop(now) for recorder in running.values()))
        await self._ending.finish(_END_LIMIT_S)

    async def _off_the_record(self) -> Collection[CallId]:
        """Return the calls in which a connected person is of an unrecorded role. Raises: StoreError."""
        offers = await self._means.store.offers(open_only=True) if self._unrecorded else ()
        talks = [offer for offer in offers if offer.is_talk and offer.connected_at is not None]
        return {talk.call_id for talk in talks if talk.role in self._unrecorded}

    async def _end(self, call_id: CallId, recorder: CallRecorder) -> None:
        until = float(self._means.clock.now_ms() - HOLD_BACK_MS)
        try:
            until = await self._until(call_id)
        except StoreError as error:
            log.warning("a recording is cut early", extra={"error": type(error).__name__})
        finally:
            await recorder.stop(until)

    async def _until(self, call_id: CallId) -> float:
        """Return the time until which sound may be kept, ms UTC."""
        clock = self._means.clock
        recording, call = await self._means.store.recording(call_id), await self._means.store.call(call_id)
        if recording is None or call is None:
            return 0
        if recording.state is not RecordingState.ON:
            return recording.moved_at
        if call.ended_at is not None:
            return clock.now_ms()
        if call.holder_role in self._unrecorded or call_id in await self._off_the_record():
            return clock.now_ms() - HOLD_BACK_MS
        await asyncio.sleep(_OVERLAP_S)
        return clock.now_ms()
