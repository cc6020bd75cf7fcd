"""Takes a caller out of the line: joins, claims the call, and speaks once the waiting room is silent."""

from __future__ import annotations

import asyncio
import logging

from livekit import rtc
from livekit.agents import JobContext

from agents.call.call_loop import hold_call
from agents.call.open_call import greet, open_call, start_call
from agents.process.process_context import ProcessContext
from agents.session.agent_session import TAKING_OVER
from agents.session.context import context_with_facts, facts_of
from errors import LineFailed, StaleHandoff
from persistence.contract.store import Store
from persistence.records import Call, CallId, JobId, RoleName
from transfer.livekit.rpc import call_unless_gone
from transfer.protocol import ADMITTED, AdmitCall, agent_identity

log = logging.getLogger(__name__)

_CONNECT_LIMIT_S = 10.0
_CLAIM_LIMIT_S = 3.0
_SILENT_LIMIT_S = 9.0
"""A line of the waiting room takes up to 7 s, and plays to its end."""


async def admit_call(ctx: JobContext, process: ProcessContext, store: Store, task: AdmitCall) -> None:
    """Play the role for a caller from the line, unless another agent has taken them or they gave up."""
    role = process.roster.roles.get(RoleName(task.role)) or process.roster.first_role(process.settings.call)
    if role.desk is not None:  # a person takes handoffs; a model answers
        role = process.roster.first_role(process.settings.call)
    async with asyncio.timeout(_CONNECT_LIMIT_S):
        await ctx.connect()
    caller = ctx.room.remote_participants.get(task.caller)
    claimed = await _claimed(ctx, process, store, task) if caller is not None else None
    if caller is None or claimed is None:
        log.info("nobody to take out of the line", extra={"call": task.call})
        return
    row, waiting_room = claimed
    facts = facts_of(role, caller.attributes)
    call = open_call(
        ctx=ctx, process=process, store=store, role=role, row=row, audio_input=TAKING_OVER, facts=facts
    )
    await start_call(call, context_with_facts(process.roster.house.notes, facts))
    if task.caller in ctx.room.remote_participants:  # else the waiting room has left with them
        await until_silent(ctx.room, waiting_room)
    call.session.input.set_audio_enabled(True)
    await hold_call(call, meanwhile=greet(call, role.spoken_lines.thanks_for_waiting, role.greeting))


async def _claimed(
    ctx: JobContext, process: ProcessContext, store: Store, task: AdmitCall
) -> tuple[Call, JobId] | None:
    """Claim the call. Returns it and the waiting room's job; None if another agent has it, or it is over."""
    try:
        async with asyncio.timeout(_CLAIM_LIMIT_S):
            before = await store.call(CallId(task.call))
            if before is None or not before.is_waiting:
                return None
            row = await store.admit_call(
                before.id,
                job=before.holder_job,
                by=JobId(ctx.job.id),
                worker=process.parent.worker,
                at=process.clock.now_ms(),
            )
    except (StaleHandoff, TimeoutError) as error:
        log.info("a caller in line was not taken", extra={"call": task.call, "error": type(error).__name__})
        return None
    return row, before.holder_job


async def until_silent(room: rtc.Room, waiting_room: JobId) -> None:
    """Wait until the waiting room has ended its line and music, and leaves. A dead one is silent already."""
    try:
        async with asyncio.timeout(_SILENT_LIMIT_S):
            await call_unless_gone(room, agent_identity(waiting_room), ADMITTED)
    except (LineFailed, TimeoutError) as error:
        log.warning("the waiting room did not answer", extra={"error": str(error)})
