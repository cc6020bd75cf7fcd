"""Carries out the command for one caller: joins the room, greets, holds, and leaves."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from livekit import rtc
from livekit.api import AccessToken, VideoGrants

from agents.waiting.arrival import row_of_call_in_line, row_of_new_caller
from agents.waiting.commands import Greet, TakeUp
from agents.waiting.means import WaitingMeans
from agents.waiting.sound import CallerSound
from agents.waiting.waiting_caller import WaitingCaller
from errors import LineFailed
from failover.heartbeat import sending_heartbeats
from persistence.records import CallId, JobId
from settings import LiveKitSettings
from tasks import Tasks
from transfer.livekit.joining import join
from transfer.livekit.rpc import call_unless_gone
from transfer.protocol import ADMITTED, agent_identity

log = logging.getLogger(__name__)

_CONNECT_LIMIT_S = 5.0
_LEAVE_LIMIT_S = 2.0
_RELEASE_LIMIT_S = 9.0

Waiting = dict[JobId, WaitingCaller]


async def hold_caller(means: WaitingMeans, command: Greet | TakeUp, waiting: Waiting) -> None:
    """Hold one caller, who is in `waiting` meanwhile. Raises: TimeoutError, rtc.ConnectError."""
    job = JobId(command.job)
    heartbeats = sending_heartbeats(
        means.parent.heartbeats,
        job=job,
        room=command.room,
        answering=command.task if isinstance(command, Greet) else None,
        on_parent_gone=lambda: None,  # the process sees that for itself
    )
    async with heartbeats:
        await (_greet if isinstance(command, Greet) else _take_up)(means, command, job, waiting)  # type: ignore[arg-type]


async def _greet(means: WaitingMeans, command: Greet, job: JobId, waiting: Waiting) -> None:
    async with _in_room(means, command.room, job, waiting) as (room, caller):
        caller.greet()  # before the row is there: a voice comes first
        row = await row_of_new_caller(means, job, room, command)
        if row is not None:
            await caller.hold(row)


async def _take_up(means: WaitingMeans, command: TakeUp, job: JobId, waiting: Waiting) -> None:
    ours = await row_of_call_in_line(means, job, CallId(command.call))
    if ours is None:
        return
    row, before = ours
    async with _in_room(means, command.room, job, waiting, after=before) as (_, caller):
        caller.go_on()
        await caller.hold(row)


@asynccontextmanager
async def _in_room(
    means: WaitingMeans, name: str, job: JobId, waiting: Waiting, *, after: JobId | None = None
) -> AsyncIterator[tuple[rtc.Room, WaitingCaller]]:
    """Stay in the room, with sound, while the block lasts. `after`: the job that still holds the caller."""
    room, sound, tasks = rtc.Room(), CallerSound(lambda: means.music), Tasks()
    try:
        async with asyncio.timeout(_CONNECT_LIMIT_S):
            url, token = means.settings.livekit.url, _token(means.settings.livekit, name, job)
            await join(room, url, token, rtc.RoomOptions(auto_subscribe=False))
        caller = waiting[job] = WaitingCaller(means, job, room, sound)
        await sound.publish(room)
        if after is not None:
            await _release(room, after)
        tasks.start(sound.play(), name="sound of a caller in line")
        yield room, caller
    finally:
        waiting.pop(job, None)
        await tasks.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(_LEAVE_LIMIT_S):
                await room.disconnect()
        await sound.aclose()


async def _release(room: rtc.Room, job: JobId) -> None:
    """Tell another waiting room that the caller is ours, and wait until its line and music have ended."""
    if agent_identity(job) not in room.remote_participants:
        return
    try:
        async with asyncio.timeout(_RELEASE_LIMIT_S):
            await call_unless_gone(room, agent_identity(job), ADMITTED)
    except (LineFailed, TimeoutError):
        log.info("the waiting room before did not answer", extra={"job": job})


def _token(access: LiveKitSettings, room: str, job: JobId) -> str:
    grants = VideoGrants(room_join=True, room=room, agent=True, can_subscribe=False)
    token = AccessToken(access.api_key, access.api_secret.get_secret_value())
    return token.with_identity(agent_identity(job)).with_kind("agent").with_grants(grants).to_jwt()
