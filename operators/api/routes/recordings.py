"""A call's recording: its tracks to play, each an OGG file from the call's start, and its pauses."""

from __future__ import annotations

import logging
import re
from typing import Annotated

from fastapi import Header, Response

from errors import BadInput
from operators.act_refused import UnknownCall
from operators.acts.recording import pause_recording, resume_recording
from operators.api.route_guards import OurParts, Who, acting_router, playing_router
from operators.api.schemas.problems import refuses
from operators.api.schemas.requests import CallPath, Nothing
from operators.api.schemas.responses import CallRecording
from operators.recordings import join_track, plan_of, speakers_of
from operators.refused import Refused
from persistence.recording import Recording
from persistence.records import CallId

router = playing_router("recordings")
acts = acting_router("acts on recordings")

log = logging.getLogger(__name__)

_MEDIA_TYPE = "audio/ogg"
_MOVED = refuses("unknown-call", "call-over", "not-recorded", "not-valid")
_RANGE = re.compile(r"bytes=(?:([0-9]{1,15})-([0-9]{0,15})|-([0-9]{1,15}))")
"""From one byte to another or to the end, or this many bytes at the end."""


class Ogg(Response):
    media_type = _MEDIA_TYPE


@router.get(
    "/calls/{call_id}/recording",
    operation_id="show_recording",
    responses=refuses("unknown-call", "not-valid"),
)
async def show_recording(parts: OurParts, call_id: CallPath) -> CallRecording:
    """Show whether the call is recorded, and who is heard in the recording."""
    store, found = parts.context.store, CallId(call_id)
    if await store.call(found) is None:
        raise UnknownCall(call_id)
    recording = await store.recording(found)
    has_sound = recording is not None and recording.state != "gone"
    tracks = list(speakers_of(await store.segments(found))) if has_sound else []
    return CallRecording(recording=recording, tracks=tracks)


@router.get(
    "/calls/{call_id}/recording/tracks/{speaker}",
    operation_id="play_recording",
    response_class=Ogg,
    responses={
        200: {"description": "OGG/Opus", "content": {_MEDIA_TYPE: {"schema": {"type": "string"}}}},
        206: {"description": "The part that Range asks for"},
        **refuses("unknown-call", "no-recording", "no-such-range", "recording-out-of-reach", "not-valid"),
    },
)
async def play_recording(
    parts: OurParts,
    who: Who,
    call_id: CallPath,
    speaker: str,
    range: Annotated[str | None, Header()] = None,
) -> Ogg:
    """Play one speaker's sound from the call's start to its end, with silence while they say nothing.

    A tone replaces each turn with redacted words. While the call is open, the last half-minute is left out.
    A request for the whole track joins it anew. If a request has a `Range` header and the call is over, the
    joined track is kept for some minutes, for a player that seeks.
    """
    store, found = parts.context.store, CallId(call_id)
    call = await store.call(found)
    if call is None:
        raise UnknownCall(call_id)
    recording, segments = await store.recording(found), await store.segments(found)
    if recording is None or recording.state == "gone" or speaker not in speakers_of(segments):
        raise Refused("no-recording", "the call was not recorded, or nobody of this name is heard in it")
    parts.gate.log.plays(who.name, who.key, call=call_id)
    now = parts.context.clock.now_ms()
    try:
        turns = await store.turns(found)
        plan = plan_of(call, segments, turns, speaker, now=now)
        sound = parts.tracks.sound if range is not None and plan.is_over else join_track
        track = await sound(parts.settings.recording, plan)
    except BadInput as bad:
        log.exception("a recording cannot be played", extra={"call": call_id})
        raise Refused("recording-out-of-reach", "look at the service's log for what is wrong") from bad
    return _part(track, range)


def _part(track: bytes, wanted: str | None) -> Ogg:
    """Return one range, as browsers seek. An invalid range, or several, get the whole (RFC 9110, 14.2).

    Starlette only answers ranges of files, and plain sound is never in a file. Raises: Refused.
    """
    told, size = {"Accept-Ranges": "bytes", "Cache-Control": "no-store"}, len(track)
    asked = _RANGE.fullmatch(wanted or "")
    if asked is None or (asked[2] and int(asked[2]) < int(asked[1])):
        return Ogg(track, headers=told)
    begins = max(0, size - int(asked[3])) if asked[3] else int(asked[1])
    ends = min(size, int(asked[2]) + 1) if asked[2] else size
    if begins >= size:
        range_of_all = {"Content-Range": f"bytes */{size}"}
        raise Refused("no-such-range", f"the track has {size} bytes", headers=range_of_all)
    told["Content-Range"] = f"bytes {begins}-{ends - 1}/{size}"
    return Ogg(track[begins:ends], status_code=206, headers=told)


@acts.post("/calls/{call_id}/recording/pause", operation_id="pause_recording", responses=_MOVED)
async def pause(parts: OurParts, who: Who, call_id: CallPath, body: Nothing | None = None) -> Recording:
    """Pause the recording: keep nothing that is said from now on, such as a card number."""
    return await pause_recording(parts.context, CallId(call_id), by=who.name)


@acts.post("/calls/{call_id}/recording/resume", operation_id="resume_recording", responses=_MOVED)
async def resume(parts: OurParts, who: Who, call_id: CallPath, body: Nothing | None = None) -> Recording:
    """Resume the recording: keep what is said from now on."""
    return await resume_recording(parts.context, CallId(call_id), by=who.name)
