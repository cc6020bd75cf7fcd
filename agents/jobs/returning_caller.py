"""Continues the call of a caller who hung up and soon returns, as after reloading their page."""

from __future__ import annotations

import asyncio
import logging

from livekit import rtc
from livekit.agents import JobContext

from agents.call.active_call import ActiveCall
from agents.call.call_loop import hold_call
from agents.call.open_call import open_call
from agents.jobs.call_memory import start_with_memory
from agents.jobs.caller_identity import back_at
from agents.process.process_context import ProcessContext
from agents.session.agent_session import RECOVERING
from errors import StaleHandoff, StoreError
from persistence.contract.store import Store
from persistence.records import Call, CallEnd, JobId

log = logging.getLogger(__name__)

_STORE_LIMIT_S = 1.0


async def latest_call(ctx: JobContext, store: Store) -> Call | None:
    """Return the room's latest call; None if it had none, or if the store does not answer."""
    try:
        async with asyncio.timeout(_STORE_LIMIT_S):
            return await store.latest_call_in(ctx.job.room.name)
    except (StoreError, TimeoutError) as error:
        log.warning("an earlier call was not looked for", extra={"error": type(error).__name__})
        return None


async def reopened(
    ctx: JobContext, process: ProcessContext, store: Store, caller: rtc.RemoteParticipant, before: Call | None
) -> Call | None:
    """Reopen the earlier call as ours. None if this caller did not leave it within BATON_DEPARTURE_S."""
    if before is None:
        return None
    now = process.clock.now_ms()
    came = back_at(caller, ctx.room.local_participant, now=now)
    since = came - round(process.settings.call.departure_s * 1000)
    if not _may_go_on(process, before, caller, since):
        return None
    try:
        async with asyncio.timeout(_STORE_LIMIT_S):
            return await store.reopen_call(
                before.id, job=JobId(ctx.job.id), worker=process.parent.worker, since=since, at=now
            )
    except (StaleHandoff, StoreError, TimeoutError) as error:
        log.warning("a call does not go on", extra={"call": before.id, "error": type(error).__name__})
        return None


async def go_on(ctx: JobContext, process: ProcessContext, store: Store, row: Call) -> None:
    """Run the call of a caller who is back, as the role that had it.

    A caller on hold stays on hold, and a handoff that was under way is requested again.
    """
    role = process.roster.role(row.holder_role, asked_by="the call's row")
    call = open_call(ctx=ctx, process=process, store=store, role=role, row=row, audio_input=RECOVERING)
    memory = await start_with_memory(call)
    latest = memory.handoffs[-1] if memory.handoffs else None
    silent = call.hold.is_on or call.desk.ask_again(latest)
    await hold_call(call, meanwhile=None if silent else call.voice.speak(_first_words(call)))


def _first_words(call: ActiveCall) -> str:
    """Return the line for the caller: the greeting, if they left before anybody spoke."""
    return call.role.spoken_lines.welcome_back if call.turns.turns else call.role.greeting


def _may_go_on(process: ProcessContext, before: Call, caller: rtc.RemoteParticipant, since: int) -> bool:
    return (
        before.ended_how is CallEnd.CALLER_LEFT
        and before.ended_at is not None
        and before.ended_at >= since
        and before.caller == caller.identity
        and before.holder_role in process.roster.roles
    )
