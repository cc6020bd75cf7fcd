"""Recovers a talk whose proxy was lost: a new proxy bridges person and caller, who stay in their rooms."""

from __future__ import annotations

import logging
from functools import partial

from livekit import rtc
from livekit.agents import JobContext

from agents.call.active_call import ActiveCall
from agents.call.call_loop import hold_call
from agents.call.open_call import open_call
from agents.call.operator_wiring import know_supervisor
from agents.call.person.redacting import redact_for_all
from agents.call.person.view import brief_of, hearing_of, words_of
from agents.jobs.call_memory import Memory, start_with_memory
from agents.people.own_room import PersonsRoom
from agents.people.talk import PersonTalk
from agents.phone.orphaned_telephones import hang_up_talk
from agents.phone.own_line import OwnLine
from agents.process.process_context import ProcessContext, server_api
from agents.roster.role import Role
from agents.session.agent_session import TAKING_OVER
from errors import LineFailed
from persistence.contract.store import Store
from persistence.people import Offer
from persistence.phones import DialId
from persistence.records import Call, RoleName
from tasks import together
from transfer.desk_protocol import DeskSituation, room_of
from transfer.holder.summary import as_note
from transfer.protocol import agent_identity

log = logging.getLogger(__name__)


async def recover_talk(
    ctx: JobContext,
    process: ProcessContext,
    store: Store,
    role: Role,
    row: Call,
    offer: Offer,
    *others: Offer,
    lost: str,
) -> None:
    """Hold the call of `row` for the person of `offer`. `lost`: the job that we replace.

    `others`: the offers of a second person, who is in the talk as well.

    The caller is told at once, whether the person's room can be joined or not. A person who is not there
    counts as gone, and the caller returns to the role that handed over (agents/call/person_holder.py).
    """
    call = open_call(ctx=ctx, process=process, store=store, role=role, row=row, audio_input=TAKING_OVER)
    redact_for_all(call, *(other.role for other in others))
    memory = await start_with_memory(call)
    own_room = _own_room(ctx, process, store, role, offer)
    call.person = talk = PersonTalk(
        offer,
        own_room,
        ctx.room,
        row.caller,
        back_to=_who_handed_over(call, memory),
        words=partial(hearing_of, call, offer.role),
    )
    talk.apart = lambda: call.apart
    call.voice.open_ears()
    await hold_call(call, meanwhile=_bridge_again(call, talk, memory, lost))


def _own_room(
    ctx: JobContext, process: ProcessContext, store: Store, role: Role, offer: Offer
) -> PersonsRoom:
    """Return the room in which the person has stayed: that of their page, or of their telephone."""
    access, job = process.settings.livekit, ctx.job.id
    if role.phones is None:
        return PersonsRoom(access, offer.id, job)
    dial = DialId(offer.id)
    hang_up = partial(hang_up_talk, store, server_api(ctx), process.clock, dial)
    line = OwnLine(access, dial, job, hang_up=hang_up)
    line.talks()
    return line


async def _bridge_again(call: ActiveCall, talk: PersonTalk, memory: Memory, lost: str) -> None:
    """Speak the line while joining the room. A hold or an open handoff continues."""
    at = call.process.clock.now_ms()
    call.process.write_queue.enqueue(partial(call.store.connect_talk, talk.offer.id, at=at))
    async with together() as group:
        joining = group.create_task(_joined(call, talk, lost))
        await know_supervisor(call)
        if not call.hold.is_on and not call.supervision.has_floor:
            await call.voice.speak(call.role.spoken_lines.recovered)
        if memory.open_handoff is not None:
            call.desk.resume(memory.open_handoff)
        if not await joining:
            talk.room.is_away()
            return
    _show(call, talk, memory)
    talk.connect()


async def _joined(call: ActiveCall, talk: PersonTalk, lost: str) -> bool:
    """Join the person's room in the lost proxy's place, and publish their voice to the caller."""
    try:
        # livekit-server would show a killed process to the page for 20 s more.
        await server_api(call.ctx).remove_participant(room_of(talk.offer.id), agent_identity(lost))
        await talk.room.join()
        await talk.publish()
    except (LineFailed, rtc.participant.PublishTrackError) as error:
        log.warning("a person's room was not found again", extra={"error": type(error).__name__})
        return False
    talk.start()
    return True


def _show(call: ActiveCall, talk: PersonTalk, memory: Memory) -> None:
    """Show the brief, then the talk so far: a page that was reloaded meanwhile has neither."""
    roster, began_at = call.process.roster, talk.offer.connected_at or talk.offer.offered_at
    said = [turn for turn in call.turns.turns if not turn.nod]
    brief = brief_of(
        roster,
        reason=memory.completed[-1].told_reason if memory.completed else "",
        summary=as_note(memory.summary) if memory.summary else None,
        facts=call.facts,
        turns=[turn for turn in said if turn.started_at < began_at],
        back_to=talk.back_to,
    )
    talk.show(brief)
    for turn in said:
        if turn.started_at >= began_at:
            talk.show(words_of(roster, turn))
    talk.show(DeskSituation(now="talking"))


def _who_handed_over(call: ActiveCall, memory: Memory) -> RoleName:
    for handoff in reversed(memory.completed):
        if handoff.from_role != call.role.id:  # not a colleague of the person
            return handoff.from_role
    return call.process.roster.first_role(call.process.settings.call).id
