"""Pauses a call's recording, and resumes it."""

from __future__ import annotations

from errors import StaleHandoff
from operators.act_refused import NotRecorded
from operators.acts.context import ActContext, open_call
from persistence.recording import Recording, RecordingState
from persistence.records import CallId


async def pause_recording(context: ActContext, call_id: CallId, *, by: str) -> Recording:
    """Keep nothing of what is said from now on. Raises: UnknownCall, CallOver, NotRecorded."""
    return await _move(context, call_id, RecordingState.PAUSED, by=by)


async def resume_recording(context: ActContext, call_id: CallId, *, by: str) -> Recording:
    """Record again what is said from now on. Raises: UnknownCall, CallOver, NotRecorded."""
    return await _move(context, call_id, RecordingState.ON, by=by)


async def _move(context: ActContext, call_id: CallId, state: RecordingState, *, by: str) -> Recording:
    """The recorder follows the row within 100 ms, and what it has heard since the move is thrown away."""
    try:
        return await context.store.move_recording(call_id, state, by=by, at=context.clock.now_ms())
    except StaleHandoff as stale:
        await open_call(context, call_id)
        now = await context.store.recording(call_id)
        raise NotRecorded(call_id, "none" if now is None else now.state, state) from stale
