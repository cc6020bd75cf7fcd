"""Removes a call's sound, for the purge and for `forget`."""

from __future__ import annotations

import asyncio

from errors import BadInput, StaleHandoff
from persistence.contract.store import Store
from persistence.recording import Recording, RecordingState
from persistence.records import CallId
from recordings.folder import SETTING, remove_call
from settings import RecordingSettings

_SOUND = {RecordingState.ON, RecordingState.PAUSED, RecordingState.ENDED}


def has_sound(recording: Recording | None) -> bool:
    return recording is not None and recording.state in _SOUND


async def remove_sound(
    settings: RecordingSettings, store: Store, call_id: CallId, *, by: str, at: int
) -> bool:
    """Remove a call's recording, its files first. False: it has none, or it must stay.

    Raises: BadInput (its folder is not known here), OSError, StoreError.
    """
    recording, call = await store.recording(call_id), await store.call(call_id)
    if not has_sound(recording) or call is None or call.ended_at is None or call.legal_hold_at is not None:
        return False
    if settings.folder is None:
        wrong = "is not set, and there are recordings"
        raise BadInput(SETTING, wrong, "set it as the workers had it, so that they can be removed")
    await asyncio.to_thread(remove_call, settings.folder, call_id)
    try:
        await store.recording_gone(call_id, by=by, at=at)
    except StaleHandoff:
        return False
    return True
