"""Pauses and resumes a call's recording."""

from __future__ import annotations

from errors import StaleHandoff
from operators.act_refused import NotRecorded
from operators.acts.context import ActContext, open_call
from persistence.recording import Recording, RecordingState
from persistence.records import CallId


async def pause_recording(context: ActContext, call_id: CallId, *, by: str) -> Recording:
    """Stop recording from now on. Raises: UnknownCall, CallOver, NotRecorded."""
    return await _move(context, call_id, RecordingState.PAUSED, by=by)


async def resume_recording(context: ActContext, call_id: CallId, *, by: str) -> Recording:
    """Record again from now on. Raises: UnknownCall, CallOver, NotRecorded."""
    return await _move(context, call_id, RecordingState.ON, by=by)


async def _move(context: ActContext, call_id: CallId, state: RecordingState, *, by: str) -> Recording:
    """Move the recording's row. The recorder follows within 100 ms and drops what it heard since the move."""
    try:
        return await context.store.move_recording(call_id, state, by=by, at=context.clock.now_ms())
    except StaleHandoff as stale:
        await open_call(context, call_id)
        now = await context.store.recording(call_id)
        raise NotRecorded(call_id, "none" if now is None else now.state, state) from stale
