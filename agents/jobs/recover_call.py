"""Going on with a call whose agent was lost: claim it, know what was said, say so, and hold it."""

from __future__ import annotations

import asyncio
import logging

from livekit.agents import JobContext

from agents.call.active_call import ActiveCall
from agents.call.call_loop import hold
from agents.call.handoff_desk import HandoffDesk
from agents.jobs.call_memory import Memory, remember, remembered, remembered_facts
from agents.jobs.closing_message import say_farewell
from agents.jobs.resume_message import first_words
from agents.monitors.call_end import CallEnding
from agents.process.process_context import ProcessContext, server_api
from agents.roster.role import Role
from agents.session.agent_session import RECOVERING, make_session, start_session
from agents.session.persona import make_persona
from agents.session.transcript import Transcript
from agents.session.voice import SessionVoice
from errors import StaleHandoff, StoreError
from failover.grace_period import await_accepted_target
from failover.recovery import RECOVERY
from persistence.contract.store import Store
from persistence.records import Call, CallId, JobId, RoleName, Trouble
from transfer.livekit.switchboard import LiveKitSwitchboard
from transfer.protocol import RecoverCall

log = logging.getLogger(__name__)

_CLAIM_LIMIT_S = 3.0
_CONNECT_LIMIT_S = 10.0


async def recover_call(ctx: JobContext, warm: ProcessContext, store: Store, task: RecoverCall) -> None:
    """Take the place of the lost job, unless somebody has; then hold the call as anyone does."""
    role = _role(warm, task)
    await await_accepted_target(store, CallId(task.call))
    call = await _claimed(ctx, warm, store, task, role)
    if call is None:
        return
    if role is None or task.farewell:
        await _note_why(warm, store, task, call)
        await say_farewell(ctx, warm, store, call)
        return
    ending = CallEnding()
    desk = HandoffDesk(ending)
    held, memory = await _begin(ctx, warm, store, role, call, desk, ending)
    await hold(held, desk, meanwhile=_go_on(held, desk, memory))


def _role(warm: ProcessContext, task: RecoverCall) -> Role | None:
    """The role that is to go on, or the fallback where this roster does not know it. None: nobody can."""
    for name in (task.role, warm.settings.recovery.fallback_role):
        if name is not None and (role := warm.roster.roles.get(RoleName(name))) is not None:
            return role
    return None


async def _claimed(
    ctx: JobContext, warm: ProcessContext, store: Store, task: RecoverCall, role: Role | None
) -> Call | None:
    """The call, ours now. None: it is another's, or over, and we leave before joining."""
    job = JobId(ctx.job.id)
    try:
        async with asyncio.timeout(_CLAIM_LIMIT_S):
            return await store.recover_call(
                CallId(task.call),
                job=JobId(task.lost),
                by=job,
                role=role.id if role else RoleName(task.role),
                worker=warm.parent.worker,
                at=warm.clock.now_ms(),
            )
    except (StaleHandoff, TimeoutError) as error:
        log.info("not recovered by us", extra={"call": task.call, "error": type(error).__name__})
        return None


async def _note_why(warm: ProcessContext, store: Store, task: RecoverCall, call: Call) -> None:
    """Where it was lost too often, its worker has noted that."""
    if task.farewell and task.role != "?":
        return
    why = "metadata of another version" if task.farewell else "unknown role"
    try:
        await store.note_trouble(Trouble(call.id, RECOVERY, why, warm.clock.now_ms()))
    except StoreError as error:
        log.warning("why the call ends was not recorded", extra={"call": call.id, "error": str(error)})
    log.error("a call cannot be gone on with", extra={"call": call.id, "why": why})


async def _begin(
    ctx: JobContext,
    warm: ProcessContext,
    store: Store,
    role: Role,
    call: Call,
    desk: HandoffDesk,
    ending: CallEnding,
) -> tuple[ActiveCall, Memory]:
    turns = Transcript(store, call.id, role.id, warm.clock, warm.write_queue)
    session = make_session(warm, role, RECOVERING)
    async with asyncio.timeout(_CONNECT_LIMIT_S):
        memory, _, _ = await asyncio.gather(remember(store, call.id), turns.load(), ctx.connect())
    caller = ctx.room.remote_participants.get(call.caller)
    facts = remembered_facts(warm.roster, role, memory, caller.attributes if caller else {})
    turns.attach(session)
    voice = SessionVoice(session, ctx.room, warm.lines, role.voice, warm.clock)
    house = warm.roster.house
    history = remembered(house.notes, memory, turns.turns, facts)
    await start_session(session, make_persona(role, house.tools, desk, history), ctx.room, call.caller)
    switchboard = LiveKitSwitchboard(ctx.room, server_api(ctx), store)
    held = ActiveCall(
        ctx,
        warm,
        store,
        session,
        voice,
        role,
        call,
        facts,
        turns,
        switchboard,
        ending,
        list(memory.notes),
    )
    return held, memory


async def _go_on(held: ActiveCall, desk: HandoffDesk, memory: Memory) -> None:
    """Say the first line, and do what the lost agent owed the caller without waiting for the line's end."""
    first = first_words(held.role, held.warm.roster.house.lines, held.turns.turns, memory)
    speaking = asyncio.ensure_future(held.voice.speak(first.line))
    await asyncio.sleep(0)  # the line is queued: whatever is said after it comes after it
    if memory.open_handoff is not None:
        desk.resume(memory.open_handoff)
    elif first.reply:
        held.session.generate_reply()
    await speaking
    if first.then is not None:
        await held.voice.speak(first.then)
