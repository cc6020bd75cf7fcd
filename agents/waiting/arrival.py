"""Makes the call's row of a caller who joins the line: new, or reopened."""

from __future__ import annotations

import asyncio
import logging
import uuid
from functools import partial

from livekit import rtc

from agents.jobs.caller_identity import back_at, caller_in, known_of, number_called_by
from agents.waiting.commands import Greet
from agents.waiting.means import WaitingMeans
from errors import StaleHandoff, StoreError
from persistence.records import Call, CallEnd, CallId, JobId
from transfer.holder.request import open_in_time

log = logging.getLogger(__name__)

_STORE_LIMIT_S = 1.0


async def row_of_new_caller(means: WaitingMeans, job: JobId, room: rtc.Room, command: Greet) -> Call | None:
    """Write the row that puts a call in line. None: nobody came, or another job holds the room's call."""
    caller = await caller_in(room, command.task.caller, means.settings.call.caller_wait_s)
    if caller is None:
        log.info("nobody came to wait in line", extra={"room": room.name})
        return None
    if (again := await _reopened(means, job, room, caller)) is not None:
        return again
    known = known_of(caller, means.settings.keeping)
    new = Call(
        id=CallId(f"call-{uuid.uuid4().hex}"),
        room=room.name,
        caller=caller.identity,
        holder_role=means.role(command.task.role, number_called_by(caller)).id,
        holder_job=job,
        worker=means.parent.worker,
        started_at=command.came_at,
        queued_at=command.came_at,
        caller_name=known.name,
        caller_number=known.number,
    )
    row = await open_in_time(means.store, means.write_queue, new)
    return row if row.holder_job == job else None


async def row_of_call_in_line(means: WaitingMeans, job: JobId, call_id: CallId) -> tuple[Call, JobId] | None:
    """Take a call that already waits; return its row and its earlier job. None: it no longer waits."""
    try:
        async with asyncio.timeout(_STORE_LIMIT_S):
            before = await means.store.call(call_id)
            if before is None:
                return None
            wait_on = partial(means.store.wait_on, call_id, job=before.holder_job, by=job)
            row = await wait_on(worker=means.parent.worker, at=means.clock.now_ms())
            return row, before.holder_job
    except (StaleHandoff, StoreError, TimeoutError) as error:
        log.info("a call in line is not ours", extra={"call": call_id, "error": type(error).__name__})
        return None


async def _reopened(
    means: WaitingMeans, job: JobId, room: rtc.Room, caller: rtc.RemoteParticipant
) -> Call | None:
    """Reopen, in its old place, the call of a caller who just gave up, such as by reloading their page."""
    now = means.clock.now_ms()
    since = back_at(caller, room.local_participant, now=now) - round(1000 * means.settings.call.departure_s)
    try:
        async with asyncio.timeout(_STORE_LIMIT_S):
            before = await means.store.latest_call_in(room.name)
            if before is None or (before.ended_how, before.caller) != (CallEnd.GAVE_UP, caller.identity):
                return None
            return await means.store.reopen_call(
                before.id,
                job=job,
                worker=means.parent.worker,
                since=since,
                at=now,
                ended_how=CallEnd.GAVE_UP,
            )
    except (StaleHandoff, StoreError, TimeoutError) as error:
        log.info("an earlier place in line is gone", extra={"error": type(error).__name__})
        return None
