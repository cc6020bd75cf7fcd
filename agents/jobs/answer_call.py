"""Answers a call: waits for the caller, records the call, greets, and runs it."""

from __future__ import annotations

import asyncio
import logging
import uuid
from functools import partial

from livekit import rtc
from livekit.agents import JobContext

from agents.call.active_call import ActiveCall
from agents.call.call_loop import hold_call
from agents.call.open_call import greet, open_call, start_call
from agents.jobs.call_memory import remembered
from agents.jobs.called_back import called_back, put_through
from agents.jobs.caller_identity import Known, caller_in, known_of, number_called_by
from agents.jobs.closing_message import say_farewell
from agents.jobs.duplicate_check import answered_already
from agents.jobs.returning_caller import go_on, latest_call, reopened
from agents.process.process_context import ProcessContext, server_api
from agents.roster.role import Role
from agents.session.agent_session import ANSWERING
from agents.session.context import context_with_facts, facts_of
from persistence.contract.store import Store
from persistence.people import OfferId
from persistence.records import Call, CallEnd, CallId, JobId, RoleName
from transfer.holder.request import open_in_time
from transfer.livekit.rpc import LEFT_FOR_GOOD
from transfer.page_protocol import CALL_BACK
from transfer.protocol import AnswerCall

log = logging.getLogger(__name__)

_CONNECT_LIMIT_S = 10.0


async def answer_call(ctx: JobContext, process: ProcessContext, store: Store, task: AnswerCall) -> None:
    """Play the role for the caller of this room until the call ends or is handed over.

    If the caller hung up a moment ago, that call continues, whatever role the dispatch names.

    If the roster has no such role, the caller hears that the fault is ours, and the room is closed.
    """
    roster = process.roster
    if await answered_already(ctx, process, store, server_api(ctx)):
        log.warning("a duplicate leaves before joining", extra={"room": ctx.job.room.name})
        return
    first = roster.first_role(process.settings.call)
    role = roster.roles.get(RoleName(task.role)) if task.role else first
    if role is not None and role.desk is not None:  # a person takes handoffs; a model answers
        role = first
    if role is None:
        log.error("the dispatch wants a role that is not in the roster", extra={"role": task.role})
        await say_farewell(ctx, process, None, None)
        return
    async with asyncio.timeout(_CONNECT_LIMIT_S):
        before, _ = await asyncio.gather(latest_call(ctx, store), ctx.connect())
    caller = await caller_in(ctx.room, task.caller, process.settings.call.caller_wait_s)
    if caller is not None and (again := await reopened(ctx, process, store, caller, before)) is not None:
        await go_on(ctx, process, store, again)
        return
    if caller is not None and not task.role:
        role = roster.role_called(number_called_by(caller)) or role
    row = await open_in_time(store, process.write_queue, _new_call(ctx, process, role, caller))
    if row.holder_job != ctx.job.id:
        log.warning("a duplicate leaves unheard", extra={"call": row.id})
        return
    if caller is None or _has_hung_up(ctx.room, caller):
        how = CallEnd.NO_CALLER if caller is None else CallEnd.CALLER_LEFT
        end = partial(store.end_call, row.id, how, job=row.holder_job)
        await process.write_queue.write(partial(end, at=process.clock.now_ms()))
        return
    facts = facts_of(role, caller.attributes)
    call = open_call(
        ctx=ctx, process=process, store=store, role=role, row=row, audio_input=ANSWERING, facts=facts
    )
    await _begin(call, caller.attributes.get(CALL_BACK))


async def _begin(call: ActiveCall, offer: str | None) -> None:
    """Speak with the caller. `offer`: the offer of a person who is calling them back."""
    notes, clock = call.process.roster.house.notes, call.process.clock
    back = None if offer is None else await called_back(call.store, clock, OfferId(offer), call.row)
    if back is None:
        await start_call(call, context_with_facts(notes, call.facts))
        await hold_call(call, meanwhile=greet(call, call.role.greeting))
    else:
        call.said_before = back.turns
        await start_call(call, remembered(notes, back.memory, back.turns, call.facts))
        await hold_call(call, meanwhile=put_through(call, back))


def _new_call(
    ctx: JobContext, process: ProcessContext, role: Role, caller: rtc.RemoteParticipant | None
) -> Call:
    known = known_of(caller, process.settings.keeping) if caller else Known("", "")
    return Call(
        id=CallId(f"call-{uuid.uuid4().hex}"),
        room=ctx.room.name,
        caller=caller.identity if caller else "",
        holder_role=role.id,
        holder_job=JobId(ctx.job.id),
        worker=process.parent.worker,
        started_at=process.clock.now_ms(),
        caller_name=known.name,
        caller_number=known.number,
    )


def _has_hung_up(room: rtc.Room, caller: rtc.RemoteParticipant) -> bool:
    """Whether the caller has left for good since we saw them. Later, the call's own monitor checks this."""
    return caller.identity not in room.remote_participants and caller.disconnect_reason in LEFT_FOR_GOOD
