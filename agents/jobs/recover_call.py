"""Recovers a call whose agent was lost: claims it, reads what was said, tells the caller, runs the call."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

from livekit.agents import JobContext

from agents.call.active_call import ActiveCall
from agents.call.call_loop import hold_call
from agents.call.open_call import open_call
from agents.call.operator_wiring import know_supervisor
from agents.jobs.call_memory import Memory, start_with_memory
from agents.jobs.closing_message import say_farewell
from agents.jobs.direct_take_over import is_requested, take_directly
from agents.jobs.lost_person import end_talk, talks_of, who_handed_over
from agents.jobs.recover_talk import recover_talk
from agents.jobs.resume_message import first_words
from agents.process.process_context import ProcessContext
from agents.roster.role import Role
from agents.session.agent_session import RECOVERING
from errors import StaleHandoff, StoreError
from failover.grace_period import await_accepted_target
from failover.recovery import RECOVERY
from persistence.contract.store import Store
from persistence.people import Offer
from persistence.records import CALLER, Call, CallId, HandoffId, JobId, RoleName, Trouble
from transfer.protocol import RecoverCall

log = logging.getLogger(__name__)

_CLAIM_LIMIT_S = 3.0
_ROW_LIMIT_S = 1.0
_TOOLS_LIMIT_S = 1.5
"""Wait for MCP servers' tools: a reply without them would say that it cannot help. The line lasts as long."""


async def recover_call(ctx: JobContext, process: ProcessContext, store: Store, task: RecoverCall) -> None:
    """Replace the lost job, unless another job has done so, and run the call."""
    role = _role(process, task)
    if task.handoff is not None and not await is_requested(store, HandoffId(task.handoff)):
        return  # an operator has cancelled it, or the lost holder began it: the next dispatch knows
    await await_accepted_target(store, CallId(task.call))
    talks = await talks_of(store, CallId(task.call))
    if role is not None and role.desk is not None:
        task = task.model_copy(update={"handoff": None})  # a person cannot take over directly: resume it
        if _goes_on(talks, role) and not task.farewell:
            # This is the second person's role, if the first has just left.
            role = process.roster.roles.get(talks[0].role, role)
        else:
            role = await who_handed_over(process, store, CallId(task.call))
    row = await _claimed(ctx, process, store, task, role)
    if row is None:
        return
    await _go_on(ctx, process, store, task, role, row, talks)


async def _go_on(
    ctx: JobContext,
    process: ProcessContext,
    store: Store,
    task: RecoverCall,
    role: Role | None,
    row: Call,
    talks: Sequence[Offer],
) -> None:
    """Continue the claimed call. `talks`: people's talks with the caller, which may have lost their proxy."""
    if role is not None and _goes_on(talks, role):
        await recover_talk(ctx, process, store, role, row, *talks, lost=task.lost)
        return
    for talk in talks:
        if talk.connected_at is not None:
            await end_talk(process, store, talk)
    if role is None or task.farewell:
        await _note_why(process, store, task, row)
        await say_farewell(ctx, process, store, row)
        return
    if task.handoff is not None:
        row = replace(row, held_at=None, held_by=None)  # a take-over ends the hold
    call = open_call(ctx=ctx, process=process, store=store, role=role, row=row, audio_input=RECOVERING)
    if task.handoff is not None:
        await take_directly(store, row, HandoffId(task.handoff), process.clock)
    await _lose_tool_uses(process, store, call.row, JobId(ctx.job.id))
    memory = await start_with_memory(call)
    await know_supervisor(call)
    await hold_call(call, meanwhile=_resume(call, memory))


def _goes_on(talks: Sequence[Offer], role: Role) -> bool:
    """Whether the first talk continues: its person has this role, or is already connected."""
    return role.desk is not None and any(
        talk.role == role.id or talk.connected_at is not None for talk in talks[:1]
    )


def _role(process: ProcessContext, task: RecoverCall) -> Role | None:
    """Return the lost agent's role, or the fallback role if the roster lacks it; None if it has neither."""
    for name in (task.role, process.settings.recovery.fallback_role):
        if name is not None and (role := process.roster.roles.get(RoleName(name))) is not None:
            return role
    return None


async def _claimed(
    ctx: JobContext, process: ProcessContext, store: Store, task: RecoverCall, role: Role | None
) -> Call | None:
    """Claim the call. None if another job holds it or it is over: then leave before joining."""
    job = JobId(ctx.job.id)
    try:
        async with asyncio.timeout(_CLAIM_LIMIT_S):
            return await store.recover_call(
                CallId(task.call),
                job=JobId(task.lost),
                by=job,
                role=role.id if role else RoleName(task.role),
                worker=process.parent.worker,
                at=process.clock.now_ms(),
            )
    except (StaleHandoff, TimeoutError) as error:
        log.info(
            "another job recovers the call, or it is over",
            extra={"call": task.call, "error": type(error).__name__},
        )
        return None


async def _lose_tool_uses(process: ProcessContext, store: Store, row: Call, job: JobId) -> None:
    """Mark the dead process's open uses as unknown, before our agent reads them."""
    try:
        async with asyncio.timeout(_ROW_LIMIT_S):
            await store.lose_tool_uses(row.id, by=job, at=process.clock.now_ms())
    except (StoreError, TimeoutError) as error:
        log.warning("open uses of tools were not closed", extra={"call": row.id, "error": str(error)})


async def _note_why(process: ProcessContext, store: Store, task: RecoverCall, call: Call) -> None:
    """Record why the call ends. If it was lost too often, its worker has already recorded that."""
    if task.farewell and task.role != "?":
        return
    why = "metadata of another version" if task.farewell else "unknown role"
    try:
        await store.note_trouble(Trouble(call.id, RECOVERY, why, process.clock.now_ms()))
    except StoreError as error:
        log.warning("why the call ends was not recorded", extra={"call": call.id, "error": str(error)})
    log.error("a call cannot be recovered", extra={"call": call.id, "why": why})


async def _resume(call: ActiveCall, memory: Memory) -> None:
    """Say the first line, and do what the lost agent owed the caller without waiting for the line to end.

    A caller on hold stays on hold, where `call.hold` speaks to them. A caller with a supervisor stays with
    the supervisor. The line is queued before anything is awaited, so typed lines are answered after it.
    """
    if call.hold.is_on or call.supervision.has_floor:
        if memory.open_handoff is not None:
            call.desk.resume(memory.open_handoff)
        return
    first = first_words(call.role, call.role.spoken_lines, call.turns.turns, memory)
    speaking = asyncio.ensure_future(call.voice.speak(first.line))
    await asyncio.sleep(0)  # now the line is queued, and everything else is said after it
    if memory.open_handoff is not None:
        call.desk.resume(memory.open_handoff)
    elif first.reply:
        await _reply(call)
    await speaking
    if first.then is not None:
        await call.voice.speak(first.then)


async def _reply(call: ActiveCall) -> None:
    """Answer the caller's last words, unless they say more meanwhile, which the session answers itself."""
    said = _times_said(call)
    await call.tool_servers.asked(limit_s=_TOOLS_LIMIT_S)
    if _times_said(call) == said:
        call.session.generate_reply()


def _times_said(call: ActiveCall) -> int:
    return sum(turn.speaker == CALLER for turn in call.turns.turns)
