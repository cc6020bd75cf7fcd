"""Taking a call over: the target's side of a handoff, and from then on holding it."""

from __future__ import annotations

import logging

from livekit.agents import JobContext

from agents.call.active_call import ActiveCall
from agents.call.call_loop import hold
from agents.call.handoff_desk import HandoffDesk
from agents.jobs.target_session import SessionStage
from agents.monitors.call_end import CallEnding
from agents.process.process_context import ProcessContext, server_api
from agents.session.voice import SessionVoice
from errors import StoreError
from persistence.contract.store import Store
from persistence.records import Call, CallId, JobId, RoleName
from transfer.livekit.switchboard import LiveKitHolderLine, LiveKitSwitchboard
from transfer.protocol import TakeHandoff
from transfer.target.target import Target

log = logging.getLogger(__name__)


async def take_handoff(ctx: JobContext, warm: ProcessContext, store: Store, task: TakeHandoff) -> None:
    """Answer one attempt; if the call becomes ours, hold it until it ends or is handed on."""
    role = warm.roster.role(task.role, asked_by="dispatch metadata: role")
    ending = CallEnding()
    desk = HandoffDesk(ending)
    stage = SessionStage(ctx, warm, store, role, task, desk)
    target = Target(
        store=store,
        stage=stage,
        line=LiveKitHolderLine(ctx.room, task),
        clock=warm.clock,
        settings=warm.settings.handoff,
        write_queue=warm.write_queue,
        job=JobId(ctx.job.id),
        worker=warm.parent.worker,
    )
    if not await target.run(task):
        return
    voice = SessionVoice(stage.session, ctx.room, warm.lines, role.voice, warm.clock)
    held = ActiveCall(
        ctx,
        warm,
        store,
        stage.session,
        voice,
        role,
        await _call(ctx, warm, store, task),
        stage.facts,
        stage.turns,
        LiveKitSwitchboard(ctx.room, server_api(ctx), store),
        ending,
        stage.notes,
    )
    await hold(held, desk)


async def _call(ctx: JobContext, warm: ProcessContext, store: Store, task: TakeHandoff) -> Call:
    """The call's row. Where the store does not answer, what the dispatch says: the caller comes first."""
    try:
        if (call := await store.call(CallId(task.call))) is not None:
            return call
    except StoreError as error:
        log.warning("the call's row was not read", extra={"call": task.call, "error": str(error)})
    return Call(
        id=CallId(task.call),
        room=ctx.room.name,
        caller=task.caller,
        holder_role=RoleName(task.role),
        holder_job=JobId(ctx.job.id),
        worker=warm.parent.worker,
        started_at=warm.clock.now_ms(),
    )
