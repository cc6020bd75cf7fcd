"""Makes the three monitors for operators: commands, their history, and the inbox."""

from __future__ import annotations

import logging
from functools import partial

from agents.call.active_call import ActiveCall
from agents.monitors.call_end import Disconnected, EndCall
from agents.monitors.operator_commands import OperatorCommands
from agents.monitors.operator_history import OperatorHistory
from agents.monitors.operator_inbox import OperatorInbox
from agents.session.context import notes_text
from persistence.records import Call, CallEnd, JobId

log = logging.getLogger(__name__)


def acts_for(call: ActiveCall) -> OperatorCommands:
    return OperatorCommands(
        call.store,
        call.row,
        _job(call),
        call.process.clock,
        voice=call.voice,
        busy=lambda: call.desk.busy,
        on_hold=lambda: call.hold.is_on,
        abandon_handoff=call.desk.give_up,
        ending=call.ending,
        goodbye=call.role.spoken_lines.goodbye,
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
        follow_call=partial(_follow, call),
        accept_requests=acts.accept,
    )
    watch.attach(call.ctx.room)
    return watch


def _follow(call: ActiveCall, row: Call, successor: Call | None) -> None:
    """Obey the call's row: it may be on hold, or closed by somebody else while our caller is in the room."""
    call.hold.follow(row)
    if row.ended_at is None or call.ending.decided:
        return
    log.warning("the call was closed by somebody else", extra={"call": row.id, "how": row.ended_how})
    goodbye = call.role.spoken_lines.failed_goodbye
    ended = EndCall(row.ended_how or CallEnd.FAILED, goodbye=goodbye, hang_up=True)
    call.ending.decide(ended if successor is None else Disconnected())


async def _add_note(call: ActiveCall, note: str) -> None:
    """Into this agent's context at once, and into later agents' briefs."""
    call.notes.append(note)
    await call.voice.add_to_context(notes_text(call.process.roster.house.notes, note))


def _job(call: ActiveCall) -> JobId:
    return JobId(call.ctx.job.id)
