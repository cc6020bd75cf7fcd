"""Makes the three monitors for operators: commands, their history, and the inbox."""

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
        voice=held.voice,
        busy=lambda: desk.busy,
        abandon_handoff=desk.give_up,
        ending=held.ending,
        goodbye=held.warm.roster.house.lines.goodbye,
        add_note=lambda note: _add_note(held, note),
        write_queue=held.warm.write_queue,
    )


def recall_for(held: ActiveCall) -> OperatorHistory:
    return OperatorHistory(
        held.store,
        held.call.id,
        _job(held),
        held.warm.clock,
        notes=held.notes,
        add_note=lambda note: _add_note(held, note),
    )


def watch_for(held: ActiveCall, desk: HandoffDesk, acts: OperatorCommands) -> OperatorInbox:
    watch = OperatorInbox(
        held.store,
        held.call.id,
        _job(held),
        order_transfer=desk.order_transfer,
        row_moved=desk.row_moved,
        accept_requests=acts.accept,
    )
    watch.attach(held.ctx.room)
    return watch


async def _add_note(held: ActiveCall, note: str) -> None:
    """Into this agent's context at once, and into later agents' briefs."""
    held.notes.append(note)
    await held.voice.add_to_context(notes_text(held.warm.roster.house.notes, note))


def _job(held: ActiveCall) -> JobId:
    return JobId(held.ctx.job.id)
