"""One caller's stored data, as a ZIP: a page to read, tables for spreadsheets, and each call as JSON."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from html import escape
from typing import Any

from operators.export import cell
from operators.person.record import CallRecord
from persistence.messages import Message
from persistence.records import CALLER, Call, Handoff, OperatorRequest, ToolUse, Turn

Sounds = Mapping[str, Mapping[str, bytes]]
"""OGG files by call and by speaker. Each file starts when its call starts."""

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>What is stored about one caller</title>
<style>body {{ font: 16px/1.5 sans-serif; max-width: 50em; margin: 2em auto; padding: 0 1em }}
dt {{ font-weight: bold }} dd {{ margin: 0 0 .4em }}</style>
<h1>What is stored about {who}</h1>
<p>{count} calls, put together on {made}. The tables calls.csv, turns.csv, handoffs.csv, requests.csv,
messages.csv and tool_uses.csv have the same for spreadsheets; the folder calls has each call whole, and the
folder recordings, where calls were recorded, what each spoke.
Times are UTC.</p>
{calls}
</html>
"""
_CALL = """<section><h2>{begun}</h2>
<p>Caller: {caller}. Ended: {ended}. Last with {role}. <a href="calls/{id}.json">{id}.json</a></p>
<dl>{turns}</dl></section>
"""


def archive(who: str, records: Sequence[CallRecord], sounds: Sounds, *, at: int) -> bytes:
    """Return the ZIP's bytes. `who`: as requested. `sounds`: each call's tracks. `at`: now, ms UTC."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("index.html", _page(who, records, at))
        for name, kind, rows in _tables(records):
            file.writestr(f"{name}.csv", _table(kind, rows))
        for record in records:
            file.writestr(f"calls/{record.call.id}.json", json.dumps(record.as_json(), indent=2))
            for speaker, ogg in sounds.get(record.call.id, {}).items():
                file.writestr(f"recordings/{record.call.id}/{speaker}.ogg", ogg, zipfile.ZIP_STORED)
    return written.getvalue()


def _tables(records: Sequence[CallRecord]) -> Iterable[tuple[str, Any, list[Any]]]:
    yield "calls", Call, [record.call for record in records]
    yield "turns", Turn, [turn for record in records for turn in record.turns]
    yield "handoffs", Handoff, [handoff for record in records for handoff in record.handoffs]
    yield "requests", OperatorRequest, [request for record in records for request in record.requests]
    yield "messages", Message, [message for record in records for message in record.messages]
    yield "tool_uses", ToolUse, [use for record in records for use in record.tool_uses]


def _table(kind: Any, rows: Iterable[Any]) -> str:
    names = [field.name for field in fields(kind)]
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(names)
    writer.writerows([_cell(name, getattr(row, name)) for name in names] for row in rows)
    return written.getvalue()


def _cell(name: str, value: object) -> str:
    return _time(value) if name.endswith("_at") and isinstance(value, int) else cell(value)


def _page(who: str, records: Sequence[CallRecord], at: int) -> str:
    calls = "".join(map(_section, records))
    return _PAGE.format(who=escape(who), count=len(records), made=_time(at), calls=calls)


def _section(record: CallRecord) -> str:
    call = record.call
    told = [call.caller_name, call.caller_number, call.caller]
    turns = "".join(
        f"<dt>{'You' if turn.speaker == CALLER else escape(turn.speaker)}</dt><dd>{escape(turn.text)}</dd>"
        for turn in record.turns
    )
    return _CALL.format(
        begun=_time(call.started_at),
        caller=escape(", ".join(name for name in told if name)),
        ended=call.ended_how or "not yet",
        role=escape(call.holder_role),
        id=call.id,
        turns=turns,
    )


def _time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, tz=UTC).strftime("%Y-%m-%d %H:%M:%S")
