"""Makes the three monitors for operators: commands, their history, and the inbox."""

from __future__ import annotations

from agents.call.active_call import ActiveCall
from agents.monitors.operator_commands import OperatorCommands
from agents.monitors.operator_history import OperatorHistory
from agents.monitors.operator_inbox import OperatorInbox
from agents.session.context import notes_text
from persistence.records import JobId


def acts_for(call: ActiveCall) -> OperatorCommands:
    return OperatorCommands(
        call.store,
        call.row,
        _job(call),
        call.process.clock,
        voice=call.voice,
        busy=lambda: call.desk.busy,
        abandon_handoff=call.desk.give_up,
        ending=call.ending,
        goodbye=call.process.roster.house.lines.goodbye,
        add_note=lambda note: _add_note(call, note),
        write_queue=call.process.write_queue,
    )


def recall_for(call: ActiveCall) -> OperatorHistory:
    return OperatorHistory(
        call.store,
        call.row.id,
        _job(call),
        call.process.clock,
        notes=call.notes,
        add_note=lambda note: _add_note(call, note),
    )


def watch_for(call: ActiveCall, acts: OperatorCommands) -> OperatorInbox:
    watch = OperatorInbox(
        call.store,
        call.row.id,
        _job(call),
        order_transfer=call.desk.order_transfer,
        row_moved=call.desk.row_moved,
        accept_requests=acts.accept,
    )
    watch.attach(call.ctx.room)
    return watch


async def _add_note(call: ActiveCall, note: str) -> None:
    """Into this agent's context at once, and into later agents' briefs."""
    call.notes.append(note)
    await call.voice.add_to_context(notes_text(call.process.roster.house.notes, note))


def _job(call: ActiveCall) -> JobId:
    return JobId(call.ctx.job.id)
