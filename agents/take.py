"""Taking a call over: the target's side of a handoff, and from then on holding it."""

from __future__ import annotations

from livekit.agents import JobContext

from agents.ending import Ending
from agents.handoffs import HandoffDesk
from agents.holder import Held, hold
from agents.stage import SessionStage
from agents.voice import SessionVoice
from agents.warm import Warm
from persistence.records import CallId, JobId
from persistence.store import Store
from transfer.livekit_line import LiveKitHolderLine, LiveKitSwitchboard
from transfer.protocol import TakeHandoff
from transfer.target import Target


async def take_handoff(ctx: JobContext, warm: Warm, store: Store, task: TakeHandoff) -> None:
    """Answer one attempt; if the call becomes ours, hold it until it ends or is handed on."""
    role = warm.roster.role(task.role, asked_by="dispatch metadata: role")
    ending = Ending()
    desk = HandoffDesk(ending)
    stage = SessionStage(ctx, warm, store, role, task, desk)
    target = Target(
        store=store,
        stage=stage,
        line=LiveKitHolderLine(ctx.room, task),
        clock=warm.clock,
        settings=warm.settings.handoff,
        job=JobId(ctx.job.id),
    )
    if not await target.run(task):
        return
    call = await store.call(CallId(task.call))
    assert call is not None, "a handoff completes only with its call"
    voice = SessionVoice(stage.session, ctx.room, warm.lines, role.voice, warm.clock)
    await hold(
        Held(
            ctx,
            warm,
            store,
            stage.session,
            voice,
            role,
            call,
            stage.facts,
            stage.turns,
            desk,
            LiveKitSwitchboard(ctx.room, ctx.api, store),
            ending,
        )
    )
