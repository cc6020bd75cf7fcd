"""Connects a call to the handoff's core: its ports, its spoken lines, its limits, and the brief."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from functools import partial

from livekit.agents.llm import LLM, Tool

from agents.call.active_call import ActiveCall
from agents.call.optional_tools import has_page
from agents.groq.summary import GroqSummarizer
from agents.knowledge.knowledge import SEARCH
from agents.monitors.room_connection import is_connected
from agents.people.introduction import introduction_of
from agents.people.news_of_wait import news_of_wait
from agents.people.waiting_help import Thinking, WaitingHelp
from agents.process.process_context import server_api
from agents.roster.checked import fill
from agents.roster.handoff_lines import lines_for
from agents.roster.role import LastTurns, Role
from agents.roster.roster import Roster
from persistence.people import Person
from persistence.records import Handoff, JobId, RoleName
from settings import HandoffSettings
from transfer.holder.brief import make_brief
from transfer.holder.company import Helper
from transfer.holder.handoff_run import HandoffRun
from transfer.livekit.dispatcher import LiveKitDispatcher
from transfer.protocol import Brief


def handoff_run_for(call: ActiveCall, handoff: Handoff, *, asked: bool) -> HandoffRun:
    """Make the run of one of the call's handoffs. `asked`: the caller has just asked for it."""
    ctx, process = call.ctx, call.process
    call.turns.settle()
    return HandoffRun(
        handoff,
        turns=lambda: [*call.said_before, *call.turns.turns],
        brief=partial(brief_for, call),
        lines=partial(lines_for, process.roster, call.role, asked=asked, on_page=has_page(call)),
        store=call.store,
        dispatcher=LiveKitDispatcher(server_api(ctx), ctx.room.name, in_room=lambda: is_connected(ctx.room)),
        switchboard=call.switchboard,
        voice=call.voice,
        summarizer=GroqSummarizer(
            process.groq,
            process.settings.groq,
            process.roster.summary_prompt,
            limit_s=process.settings.handoff.summary_limit_s,
            breaker=process.breaker,
        ),
        clock=process.clock,
        write_queue=process.write_queue,
        settings=process.settings.handoff,
        limits=lambda target: limits_for(process.roster.role(target), process.settings.handoff),
        job=JobId(ctx.job.id),
        holder=ctx.room.local_participant.identity,
        caller=call.row.caller,
        held_since=call.hold.held_at,
        reminders=partial(_reminders_for, call),
        helpers=partial(_helper_for, call),
        introductions=partial(_introduction_for, call),
    )


def _reminders_for(call: ActiveCall, target: RoleName) -> AsyncGenerator[tuple[str, ...], None]:
    """Yield the news for a caller who waits for this target: none if it is a model."""
    process, role = call.process, call.process.roster.roles.get(target)
    return news_of_wait(
        call.store,
        process.clock,
        call.role.spoken_lines,
        call=call.row.id,
        desk=None if role is None else role.desk,
        every_s=process.settings.call.hold_line_every_s,
    )


def _helper_for(call: ActiveCall, target: RoleName) -> Helper | None:
    """Let our model help a caller who waits in this target's queue. None: nobody helps.

    When a person hands over, no model helps.
    """
    roster = call.process.roster
    role, house = roster.roles.get(target), roster.house
    if role is None or role.desk is None or not role.desk.helps_meanwhile or call.role.desk is not None:
        return None
    return WaitingHelp(
        store=call.store,
        clock=call.process.clock,
        call=call.row.id,
        target=role.name,
        lines=call.role.spoken_lines,
        notes=house.notes,
        words=house.tools,
        thinking=partial(_thinking, call),
        prepare=call.voice.prepare,
    ).answer


def _thinking(call: ActiveCall) -> Thinking | None:
    agent, model = call.session.current_agent, call.session.llm
    if call.hold.is_on or call.others_speak or not isinstance(model, LLM):
        return None
    lookups = [tool for tool in agent.tools if isinstance(tool, Tool) and tool.id == SEARCH]
    return Thinking(model, str(agent.instructions), agent.chat_ctx.copy(), lookups)


async def _introduction_for(call: ActiveCall, target: RoleName) -> str:
    """Introduce a person at a desk by name, with `introduction: full`. On a telephone, people say hello."""
    roster = call.process.roster
    if call.role.introduction != "full" or target not in roster.at_desks:
        return ""
    role, words = roster.role(target), call.role.spoken_lines.introduction_of_person

    def line(person: Person) -> str:
        return fill(words, person=person, target=role.name, holder=call.role.name)

    return await introduction_of(call.store, call.row.id, target, line=line, prepare=call.voice.prepare)


def limits_for(role: Role, settings: HandoffSettings) -> HandoffSettings:
    """Return the time limits for a handoff to this role: a person needs longer than a model."""
    waits = role.phones or role.desk
    return settings if waits is None else settings.with_person(waits.longest_wait_s)


def targets_of(roster: Roster, holder: Role, first: RoleName) -> list[RoleName]:
    """Return the targets that the holder's handoff tries, in turn.

    If people do not take a caller, their role's overflow is next; without an overflow, the holder keeps the
    caller. After a model come the other roles that the holder may hand over to.
    """
    first_role = roster.roles.get(first)
    others = holder.transfers_to if first_role is None or first_role.desk is None else ()
    found: list[RoleName] = []
    for name in (first, *others):
        here: str | None = name
        while here is not None and here not in (*found, holder.id):
            found.append(RoleName(here))
            role = roster.roles.get(RoleName(here))
            here = None if role is None or role.desk is None else role.desk.overflow_to
    return found or [first]


def brief_for(call: ActiveCall, handoff: Handoff) -> Brief:
    """Return the brief for the handoff's current target, as long as the target's role asks for."""
    told = call.process.roster.role(handoff.target).told
    said = [*call.said_before, *call.turns.turns]
    make = partial(make_brief, handoff, turns=said, facts=call.facts, notes=call.notes)
    if told == "everything" or handoff.target == call.current_role.id:
        return make(last=None)
    if isinstance(told, LastTurns):
        return make(last=told.last_turns)
    return make()
