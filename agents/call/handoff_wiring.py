"""Joins a held call with the handoff's core: who coordinates, what is spoken, what the target is told."""

from __future__ import annotations

from functools import partial

from agents.call.active_call import ActiveCall
from agents.groq.summary import GroqSummarizer
from agents.process.process_context import server_api
from agents.roster.handoff_lines import lines_for
from agents.roster.role import LastTurns
from persistence.records import Handoff, JobId, RoleName
from transfer.holder.brief import make_brief
from transfer.holder.coordinator import Coordinator
from transfer.livekit.dispatcher import LiveKitDispatcher
from transfer.protocol import Brief


def coordinator_for(held: ActiveCall) -> Coordinator:
    """A coordinator for the next handoff of this call."""
    ctx, warm = held.ctx, held.warm
    return Coordinator(
        store=held.store,
        dispatcher=LiveKitDispatcher(server_api(ctx), ctx.room.name),
        switchboard=held.switchboard,
        voice=held.voice,
        summarizer=GroqSummarizer(
            warm.groq,
            warm.settings.groq,
            warm.roster.summary_prompt,
            limit_s=warm.settings.handoff.summary_limit_s,
            breaker=warm.breaker,
        ),
        clock=warm.clock,
        write_queue=warm.write_queue,
        settings=warm.settings.handoff,
        lines=lambda target: lines_for(warm.roster, held.role, target),
        job=JobId(ctx.job.id),
        holder=ctx.room.local_participant.identity,
        caller=held.call.caller,
    )


def brief_for(held: ActiveCall, handoff: Handoff, target: RoleName) -> Brief:
    """As much as the target's role wants to be told."""
    told = held.warm.roster.role(target).told
    make = partial(make_brief, handoff, turns=held.turns.turns, facts=held.facts, notes=held.notes)
    if told == "everything" or target == held.role.id:
        return make(last=None)
    if isinstance(told, LastTurns):
        return make(last=told.last_turns)
    return make()
