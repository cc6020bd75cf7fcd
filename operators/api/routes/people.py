"""Export and removal of a caller's data, and legal holds. Numbers go in bodies: proxies log addresses."""

from __future__ import annotations

import asyncio

from fastapi import Response

from operators.acts import end_legal_hold, forget, put_legal_hold
from operators.acts.keeping import Forgotten
from operators.api.resources import Parts
from operators.api.route_guards import OurParts, Who, data_router
from operators.api.schemas.problems import refuses
from operators.api.schemas.requests import Caller, CallPath, Nothing
from operators.auth.security_log import Happened
from operators.person.archive import archive
from operators.person.find import calls_of
from operators.person.record import record_of
from operators.recordings import sounds_of
from operators.refused import Refused
from persistence.records import Call, CallId

router = data_router("personal data")

_MEDIA_TYPE = "application/zip"
_FILE = {
    200: {"description": "A ZIP", "content": {_MEDIA_TYPE: {"schema": {"type": "string"}}}},
    **refuses("unknown-caller", "several-callers", "not-valid"),
}


class Zip(Response):
    media_type = _MEDIA_TYPE


@router.post("/people/export", operation_id="export_person", response_class=Zip, responses=_FILE)
async def export_person(parts: OurParts, who: Who, body: Caller) -> Zip:
    """Export everything stored about one caller, as a ZIP: a page to read, tables as CSV, calls as JSON."""
    context = parts.context
    calls = await calls_of(context.store, body.caller, number_key=_number_key(parts))
    if not calls:
        raise Refused("unknown-caller", "nothing is stored about this caller")
    records = [await record_of(context.store, call) for call in calls]
    now = context.clock.now_ms()
    sounds = await sounds_of(parts.settings.recording, records, now=now)
    parts.gate.log.tell(Happened.EXPORT, who.name, of="person", calls=len(calls))
    content = await asyncio.to_thread(archive, body.caller, records, sounds, at=now)
    return Zip(content, headers={"Content-Disposition": 'attachment; filename="person.zip"'})


@router.post(
    "/people/forget", operation_id="forget_person", responses=refuses("several-callers", "not-valid")
)
async def forget_person(parts: OurParts, who: Who, body: Caller) -> Forgotten:
    """Remove what a caller said, and who they are, from all their finished calls. This cannot be undone.

    Calls that are open or under legal hold stay whole. `remains` says where something may still be found.
    """
    context = parts.context
    done = await forget(
        context.store,
        parts.settings.worker.store,
        body.caller,
        recording=parts.settings.recording,
        number_key=_number_key(parts),
        by=who.name,
        at=context.clock.now_ms(),
    )
    parts.gate.log.tell(Happened.ERASURE, who.name, calls=done.forgotten)
    return done


@router.post(
    "/calls/{call_id}/legal-hold",
    operation_id="put_legal_hold",
    responses=refuses("unknown-call", "on-legal-hold", "already-removed", "not-valid"),
)
async def hold_legally(parts: OurParts, who: Who, call_id: CallPath, body: Nothing | None = None) -> Call:
    """Keep everything of this call, whatever the settings say, until the legal hold ends."""
    context = parts.context
    return await put_legal_hold(context.store, CallId(call_id), by=who.name, at=context.clock.now_ms())


@router.post(
    "/calls/{call_id}/legal-hold/end",
    operation_id="end_legal_hold",
    responses=refuses("unknown-call", "no-legal-hold", "not-valid"),
)
async def release(parts: OurParts, who: Who, call_id: CallPath, body: Nothing | None = None) -> Call:
    """End the legal hold, so that the settings apply again."""
    context = parts.context
    return await end_legal_hold(context.store, CallId(call_id), by=who.name, at=context.clock.now_ms())


def _number_key(parts: Parts) -> str | None:
    key = parts.settings.keeping.number_key
    return key.get_secret_value() if key else None
