"""Acts on stored data: a legal hold on a call, and forgetting a caller."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from agents.recording.removal import remove_sound
from errors import BadInput, OutOfReach, StaleHandoff
from operators.act_refused import AlreadyRemoved, NoLegalHold, OnLegalHold, UnknownCall
from operators.person.find import calls_of
from operators.person.record import SHORTEST_TRACE, record_of, traces_of
from persistence.contract.store import Store
from persistence.engines import erase_traces
from persistence.numbers import digits_of
from persistence.records import Call, CallId
from settings import RecordingSettings


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The result of `forget`: how many calls were forgotten, and the ids of those that were not."""

    forgotten: int
    open: Sequence[CallId]
    on_legal_hold: Sequence[CallId]
    remains: str  # where a byte search may still find something, as text for people; empty: nowhere

    @property
    def is_whole(self) -> bool:
        return not self.open and not self.on_legal_hold


async def put_legal_hold(store: Store, call_id: CallId, *, by: str, at: int) -> Call:
    """Keep everything of a call. Raises: UnknownCall, OnLegalHold, AlreadyRemoved."""
    try:
        return await store.put_legal_hold(call_id, by=by, at=at)
    except StaleHandoff as stale:
        call = await store.call(call_id)
        if call is None:
            raise UnknownCall(call_id) from stale
        if call.legal_hold_by is not None:
            raise OnLegalHold(call.legal_hold_by) from stale
        raise AlreadyRemoved(call_id) from stale


async def end_legal_hold(store: Store, call_id: CallId, *, by: str, at: int) -> Call:
    """Release a call's legal hold. Raises: UnknownCall, NoLegalHold."""
    try:
        return await store.end_legal_hold(call_id, by=by, at=at)
    except StaleHandoff as stale:
        if await store.call(call_id) is None:
            raise UnknownCall(call_id) from stale
        raise NoLegalHold(call_id) from stale


async def forget(
    store: Store,
    url: str,
    who: str,
    *,
    recording: RecordingSettings,
    number_key: str | None,
    by: str,
    at: int,
) -> Forgotten:
    """Remove a caller's words, sound and identity from all their finished calls, and from the store's files.

    A call that is open or under legal hold stays as it is. `url`: the store's address.
    Raises: SeveralCallers, StoreError.
    """
    calls = await calls_of(store, who, number_key=number_key)
    records = [await record_of(store, call) for call in calls]
    kept = [told for call in calls if (told := await _silenced(store, recording, call, by=by, at=at))]
    forgotten = [call.id for call in calls if await store.forget_call(call.id, by=by, at=at)]
    traces = traces_of([record for record in records if record.call.id in forgotten])
    found = {*traces, *_written(who)}
    return Forgotten(
        forgotten=len(forgotten),
        open=[call.id for call in calls if call.ended_at is None],
        on_legal_hold=[call.id for call in calls if call.ended_at and call.legal_hold_at is not None],
        remains="; ".join(filter(None, [*kept, await asyncio.to_thread(_erase, url, found)])),
    )


async def _silenced(store: Store, recording: RecordingSettings, call: Call, *, by: str, at: int) -> str:
    """Remove a call's recording. Return why it is still there; empty: it is gone, or the call must stay."""
    try:
        await remove_sound(recording, store, call.id, by=by, at=at)
    except BadInput as bad:
        return f"the recording of {call.id}: {bad}"
    except OSError as error:
        return f"the recording of {call.id} cannot be removed ({error.strerror})"
    return ""


def _erase(url: str, traces: set[str]) -> str:
    try:
        return erase_traces(url, sorted(traces))
    except OutOfReach as busy:
        return f"{busy.wrong}; {busy.right}"


def _written(who: str) -> set[str]:
    """Return the traces in the request itself, for a retry after no row names the caller any more."""
    return {words for words in (who.strip(), digits_of(who)) if len(words) >= SHORTEST_TRACE}
