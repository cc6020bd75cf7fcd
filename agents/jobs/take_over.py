"""Takes a call over: the target's side of a handoff, then the call itself."""

from __future__ import annotations

from livekit.agents import JobContext

from agents.call.call_loop import hold_call
from agents.call.handoff_wiring import limits_for
from agents.jobs.blind_stage import BlindStage
from agents.jobs.person_stage import PersonStage
from agents.jobs.phone_stage import PhoneStage
from agents.jobs.target_session import SessionStage
from agents.process.process_context import ProcessContext
from agents.roster.phone import BLIND
from agents.roster.role import Role
from persistence.contract.store import Store
from persistence.records import CallId, JobId
from transfer.livekit.switchboard import LiveKitHolderLine
from transfer.protocol import TakeHandoff
from transfer.target.target import Target


async def take_handoff(ctx: JobContext, process: ProcessContext, store: Store, task: TakeHandoff) -> None:
    """Answer one attempt; if the call becomes ours, run it until it ends or is handed over again."""
    process.costs.keep(store, CallId(task.call), JobId(ctx.job.id))  # now: a role that screens may say no
    role = process.roster.role(task.role, asked_by="dispatch metadata: role")
    stage = _stage_of(role)(ctx, process, store, role, task)
    target = Target(
        store=store,
        stage=stage,
        line=LiveKitHolderLine(ctx.room, task),
        clock=process.clock,
        settings=limits_for(role, process.settings.handoff),
        write_queue=process.write_queue,
        job=JobId(ctx.job.id),
        worker=process.parent.worker,
    )
    if await target.answer_attempt(task):
        await hold_call(stage.call, meanwhile=stage.take_up())


def _stage_of(role: Role) -> type[SessionStage]:
    if role.desk is None:
        return SessionStage
    if role.phones is None:
        return PersonStage
    return BlindStage if role.phones.rules.refer == BLIND else PhoneStage
