"""Runs a call: one task for each concern, until the call ends or is handed over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from contextlib import suppress
from functools import partial

from agents.call.active_call import ActiveCall
from agents.call.caller_page import CallerPage
from agents.call.goodbye import close_room, say_goodbye
from agents.call.monitor_wiring import (
    endless_speech_of,
    menu_of,
    outage_of,
    patience_of,
    promises_of,
    unclear_of,
)
from agents.call.operator_wiring import acts_for, recall_for, watch_for
from agents.call.own_agent import entered
from agents.call.person_holder import end_person, recorded_end, serve_person
from agents.call.release import until_written
from agents.monitors.call_end import Disconnected, EndCall, HandedOver
from agents.monitors.caller_silence import CallerSilenceMonitor
from agents.monitors.model_errors import ModelErrorMonitor, end_after_limit
from agents.monitors.outage import Outage
from agents.monitors.room_connection import (
    cut_off,
    leave_when_mute,
    leave_when_replaced,
    yield_when_left_behind,
)
from agents.monitors.spares import record_spares
from agents.monitors.trouble_log import TroubleLog
from agents.process.process_context import server_api
from persistence.records import CallEnd, JobId
from transfer.livekit.kinds import is_agent
from transfer.page_protocol import longest_call_s

log = logging.getLogger(__name__)

_SETTLE_LIMIT_S = 1.0
"""How long to wait for writes; later ones happen after the caller has left (agents/process/job_store.py)."""

_LEAVE_LIMIT_S = 1.0


async def hold_call(call: ActiveCall, *, meanwhile: Awaitable[object] | None = None) -> None:
    """Run the call until it ends or is handed over, then close the session. The job ends after this.

    An agent that was disconnected leaves the session to LiveKit, which closes it with the job: closing takes
    2 s for the caller's last words (`session_close_transcript_timeout`), and recovery waits for this job.

    `meanwhile`, such as the greeting, runs in parallel.
    """
    outage = outage_of(call)
    page = CallerPage(call, on_hold=lambda: call.hold.is_on or outage.holding)
    async with asyncio.TaskGroup() as group:
        work = [*_watchers(call, outage), page.keep_shown()]
        work += [*([] if meanwhile is None else [meanwhile]), entered(call)]
        watchers = [group.create_task(_guarded(watcher, call)) for watcher in work]
        end = await recorded_end(call, outage.recorded_end(await call.ending.wait()))
        await end_person(call, "the call is over" if isinstance(end, EndCall) else "")
        await _finish(call, end, page)
        for watcher in watchers:
            watcher.cancel()
    call.tools.stop()  # the session would wait for them
    if not isinstance(end, Disconnected):
        await call.session.aclose()
    if isinstance(end, HandedOver):
        await _until_written(call)
    await call.tools.finished()
    await call.tool_servers.aclose()


def _watchers(call: ActiveCall, outage: Outage) -> list[Awaitable[object]]:
    settings, lines = call.process.settings.call, call.role.spoken_lines
    desk, acts, server = call.desk, acts_for(call), server_api(call.ctx)
    troubles = TroubleLog(call.store, call.row.id, call.process.clock, call.process.write_queue)
    record_spares(call.session, troubles.record)
    lasted_s = (call.process.clock.now_ms() - (call.row.admitted_at or call.row.started_at)) / 1000
    silence = CallerSilenceMonitor(
        call.session,
        call.voice,
        call.ending,
        lines,
        answer_within_s=call.role.silence_end_s or settings.silence_end_s,
        busy=lambda: call.occupied or outage.holding or call.tools.working,
        cut_off=partial(cut_off, call.ctx.room, server),
    )
    trouble = ModelErrorMonitor(
        call.session, call.voice, outage.next_words, lambda: call.occupied or acts.answering, troubles.record
    )
    menu = menu_of(call)
    unclear = unclear_of(
        call, menu, troubles.record, busy=lambda: call.occupied or outage.holding or acts.answering
    )
    return [
        desk.serve_requests(),
        call.tools.follow_earlier_uses(),
        call.tool_servers.keep_connected(),
        call.hold.serve(),
        silence.watch_silence(),
        call.departure.watch_caller(),
        yield_when_left_behind(call.ctx.room, server, call.row.caller, call.ending),
        leave_when_mute(call.ctx.room, call.ending),
        leave_when_replaced(call.ctx.room, call.store, call.row, JobId(call.ctx.job.id), call.ending),
        trouble.report_errors(),
        unclear.ask_to_repeat(),
        menu.serve(),
        acts.execute_requests(),
        recall_for(call).load(),
        watch_for(call, acts).poll_store(),
        outage.serve_holds(),
        patience_of(call).fill_silences(),
        endless_speech_of(call, troubles.record).ask_for_quiet(),
        promises_of(call).take_back_promises(),
        serve_person(call),
        call.supervision.serve(),
        end_after_limit(_longest_call_s(call) - lasted_s, call.ending, lines.too_long_goodbye),
    ]


def _longest_call_s(call: ActiveCall) -> float:
    caller = call.ctx.room.remote_participants.get(call.row.caller)
    return longest_call_s(caller.attributes if caller else {}, call.process.settings.call.longest_call_s)


async def _guarded(watcher: Awaitable[object], call: ActiveCall) -> None:
    """Run a task. If it fails, the call ends with a goodbye, never in silence."""
    try:
        await watcher
    except Exception:
        log.exception("a watcher failed", extra={"call": call.row.id})
        call.ending.decide(
            EndCall(CallEnd.FAILED, goodbye=call.role.spoken_lines.failed_goodbye, hang_up=True)
        )


async def _finish(call: ActiveCall, end: HandedOver | Disconnected | EndCall, page: CallerPage) -> None:
    if isinstance(end, Disconnected):
        await _leave(call)
    if isinstance(end, HandedOver):
        await page.show_changes()  # the last caption; the new holder shows the rest
        await _hear_out(call)
    if isinstance(end, HandedOver | Disconnected):
        await call.process.write_queue.settled(_SETTLE_LIMIT_S)
        return
    call.session.input.set_audio_enabled(False)
    await page.show_changes()  # why it ends, well before the room is gone
    if end.goodbye is not None:
        await say_goodbye(call, end.goodbye)
    _record_end(call, end.how)
    if end.hang_up:
        await page.show_changes()  # the last caption
    await call.process.write_queue.settled(_SETTLE_LIMIT_S)
    if end.hang_up:
        await close_room(server_api(call.ctx), call.row.room)


async def _hear_out(call: ActiveCall) -> None:
    """Record what is still being transcribed: the caller said it to us, not to the new holder."""
    with suppress(TimeoutError):
        async with asyncio.timeout(call.process.settings.groq.hearing_limit_s):
            await call.voice.hear_out()


async def _leave(call: ActiveCall) -> None:
    """Leave for good: a replaced agent must not come back to a room where another one speaks."""
    try:
        async with asyncio.timeout(_LEAVE_LIMIT_S):
            await call.ctx.room.disconnect()
    except TimeoutError:
        log.warning("the room was not left in time", extra={"call": call.row.id})


async def _until_written(call: ActiveCall) -> None:
    room = call.ctx.room

    def taken() -> bool:
        return room.isconnected() and any(map(is_agent, room.remote_participants.values()))

    await until_written(
        call.store,
        call.row,
        JobId(call.ctx.job.id),
        taken=taken,
        limit_s=call.process.settings.worker.store_patience_s,
    )


def _record_end(call: ActiveCall, how: CallEnd) -> None:
    job, at = JobId(call.ctx.job.id), call.process.clock.now_ms()
    call.process.write_queue.enqueue(partial(call.store.end_call, call.row.id, how, job=job, at=at))
