"""Answering a call: wait for the caller, write the call down, greet, and hold it."""

from __future__ import annotations

import asyncio
import logging
import math
import uuid
from functools import partial

from livekit import rtc
from livekit.agents import JobContext

from agents.call.active_call import ActiveCall
from agents.call.call_loop import hold
from agents.call.handoff_desk import HandoffDesk
from agents.jobs.duplicate_check import answered_already
from agents.monitors.call_end import CallEnding
from agents.process.process_context import ProcessContext, server_api
from agents.roster.role import Role
from agents.session.agent_session import ANSWERING, make_session, start_session
from agents.session.context import context_with_facts, facts_of
from agents.session.persona import make_persona
from agents.session.transcript import Transcript
from agents.session.voice import SessionVoice
from persistence.contract.store import Store
from persistence.records import Call, CallEnd, CallId, JobId
from transfer.holder.request import open_in_time
from transfer.livekit.switchboard import LiveKitSwitchboard
from transfer.protocol import AnswerCall

log = logging.getLogger(__name__)

_CALLERS = {rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD, rtc.ParticipantKind.PARTICIPANT_KIND_SIP}
_CONNECT_LIMIT_S = 10.0


async def answer_call(ctx: JobContext, warm: ProcessContext, store: Store, task: AnswerCall) -> None:
    """Play the role for the caller of this room until the call ends or is handed over."""
    role = warm.roster.role(task.role or warm.settings.call.first_role, asked_by="dispatch metadata: role")
    if await answered_already(ctx, warm, store, server_api(ctx)):
        log.warning("a duplicate leaves before joining", extra={"room": ctx.job.room.name})
        return
    async with asyncio.timeout(_CONNECT_LIMIT_S):
        await ctx.connect()
    caller = await _caller(ctx.room, task.caller, warm.settings.call.caller_wait_s)
    call = await open_in_time(store, warm.write_queue, _new_call(ctx, warm, role, caller))
    if call.holder_job != ctx.job.id:
        log.warning("a duplicate leaves unheard", extra={"call": call.id})
        return
    if caller is None:
        end = partial(store.end_call, call.id, CallEnd.NO_CALLER, job=call.holder_job)
        await warm.write_queue.write(partial(end, at=warm.clock.now_ms()))
        return
    ending = CallEnding()
    desk = HandoffDesk(ending)
    held = await _begin(ctx, warm, store, role, call, caller, desk, ending)
    await hold(held, desk, meanwhile=held.voice.speak(role.greeting))


async def _begin(
    ctx: JobContext,
    warm: ProcessContext,
    store: Store,
    role: Role,
    call: Call,
    caller: rtc.RemoteParticipant,
    desk: HandoffDesk,
    ending: CallEnding,
) -> ActiveCall:
    facts = facts_of(role, caller.attributes)
    session = make_session(warm, role, ANSWERING)
    turns = Transcript(store, call.id, role.id, warm.clock, warm.write_queue)
    turns.attach(session)
    voice = SessionVoice(session, ctx.room, warm.lines, role.voice, warm.clock)
    house = warm.roster.house
    persona = make_persona(role, house.tools, desk, context_with_facts(house.notes, facts))
    await start_session(session, persona, ctx.room, caller.identity)
    switchboard = LiveKitSwitchboard(ctx.room, server_api(ctx), store)
    return ActiveCall(ctx, warm, store, session, voice, role, call, facts, turns, switchboard, ending)


def _new_call(
    ctx: JobContext, warm: ProcessContext, role: Role, caller: rtc.RemoteParticipant | None
) -> Call:
    return Call(
        id=CallId(f"call-{uuid.uuid4().hex}"),
        room=ctx.room.name,
        caller=caller.identity if caller else "",
        holder_role=role.id,
        holder_job=JobId(ctx.job.id),
        worker=warm.parent.worker,
        started_at=warm.clock.now_ms(),
    )


def _joined_at(participant: rtc.RemoteParticipant) -> float:
    """Seconds UTC. The room's own order of those who came before us is any order."""
    return participant.joined_at.timestamp() if participant.joined_at else math.inf


async def _caller(room: rtc.Room, wanted: str | None, limit_s: float) -> rtc.RemoteParticipant | None:
    """The caller named by the dispatch, or the first person in the room; None when nobody comes in time."""
    arrived: asyncio.Future[rtc.RemoteParticipant] = asyncio.get_running_loop().create_future()

    def look(participant: rtc.RemoteParticipant) -> None:
        fits = participant.identity == wanted if wanted else participant.kind in _CALLERS
        if fits and not arrived.done():
            arrived.set_result(participant)

    room.on("participant_connected", look)
    try:
        for participant in sorted(room.remote_participants.values(), key=_joined_at):
            look(participant)
        async with asyncio.timeout(limit_s):
            return await arrived
    except TimeoutError:
        return None
    finally:
        room.off("participant_connected", look)
