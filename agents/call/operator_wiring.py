"""Joins a held call with what operators want of it: who looks, who acts, and what was asked before."""

from __future__ import annotations

from agents.call.active_call import ActiveCall
from agents.call.handoff_desk import HandoffDesk
from agents.monitors.operator_commands import OperatorCommands
from agents.monitors.operator_history import OperatorHistory
from agents.monitors.operator_inbox import OperatorInbox
from agents.session.context import notes_text
from persistence.records import JobId


def acts_for(held: ActiveCall, desk: HandoffDesk) -> OperatorCommands:
    return OperatorCommands(
        held.store,
        held.call,
        _job(held),
        held.warm.clock,
        mouth=held.voice,
        desk=desk,
        ending=held.ending,
        goodbye=held.warm.roster.house.lines.goodbye,
        know=lambda note: _know(held, note),
        write_queue=held.warm.write_queue,
    )


def recall_for(held: ActiveCall) -> OperatorHistory:
    return OperatorHistory(
        held.store,
        held.call.id,
        _job(held),
        held.warm.clock,
        notes=held.notes,
        know=lambda note: _know(held, note),
    )


def watch_for(held: ActiveCall, desk: HandoffDesk, acts: OperatorCommands) -> OperatorInbox:
    watch = OperatorInbox(
        held.store,
        held.call.id,
        _job(held),
        order_transfer=desk.order_transfer,
        row_moved=desk.row_moved,
        take_requests=acts.take,
    )
    watch.listen_to(held.ctx.room)
    return watch


async def _know(held: ActiveCall, note: str) -> None:
    """For this agent at once, and for those who follow it by their brief."""
    held.notes.append(note)
    await held.voice.note(notes_text(held.warm.roster.house.notes, note))


def _job(held: ActiveCall) -> JobId:
    return JobId(held.ctx.job.id)
