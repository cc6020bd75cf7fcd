"""What both baselines do with the database and say over HTTP: Baton's tables, statements and JSON.

A connection for each step, opened and closed in it, with the settings that Python's sqlite3 comes with. The
file is Baton's own, so that they have its write-ahead log, which they did not have when they were used.
"""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from persistence.records import Call, Handoff, HandoffId, HandoffState, RoleName, SummarySource
from persistence.sqlite import calls, feed, handoffs
from persistence.sqlite.rows import call_of

PAGE = 50
_AT_MOST = 5
_BY = "bench"

Row = dict[str, Any]


class Start(BaseModel):
    """The body of a POST that starts a handoff."""

    target: str
    reason: str
    note: str = ""


def find_call(path: Path, call_id: str) -> Call:
    """Raises: HTTPException, sqlite3.Error."""
    with _connected(path) as connection:
        row = connection.execute(calls.CALL, {"id": call_id}).fetchone()
    if row is None:
        raise HTTPException(404, "no such call")
    return call_of(row)


def insert_handoff(path: Path, call: Call, start: Start, key: str, summary: str) -> Row:
    """Insert it guarded, with its summary, in one transaction. Raises: HTTPException, sqlite3.Error."""
    asked = _asked(call, start, key)
    with _connected(path) as connection:
        values = {**asdict(asked), "at_most": _AT_MOST}
        row = connection.execute(handoffs.REQUEST_HANDOFF, values).fetchone()
        if row is None:
            raise HTTPException(409, "a handoff is open already")
        given = {"id": asked.id, "summary": summary, "source": SummarySource.MODEL}
        connection.execute(handoffs.SAVE_SUMMARY, given).fetchone()
        connection.commit()
    return {**dict(row), "summary": summary, "summary_source": SummarySource.MODEL}


def page_of_handoffs(path: Path) -> Row:
    """The newest ones."""
    with _connected(path) as connection:
        rows = connection.execute(handoffs.handoffs_where([]), {"limit": PAGE}).fetchall()
    return {"items": [dict(row) for row in rows], "next": None}


def one_handoff(path: Path, handoff_id: str) -> Row:
    """With its attempts and events. Raises: HTTPException, sqlite3.Error."""
    with _connected(path) as connection:
        row = connection.execute(handoffs.HANDOFF, {"id": handoff_id}).fetchone()
        if row is None:
            raise HTTPException(404, "no such handoff")
        attempts = connection.execute(handoffs.ATTEMPTS, {"handoff_id": handoff_id}).fetchall()
        of_call = {"call_id": row["call_id"], "after": 0}
        events = connection.execute(feed.EVENTS_OF_CALL, of_call).fetchall()
    return {
        "handoff": dict(row),
        "attempts": [dict(attempt) for attempt in attempts],
        "events": [dict(event) for event in events],
    }


def _asked(call: Call, start: Start, key: str) -> Handoff:
    return Handoff(
        id=HandoffId(f"handoff-{uuid.uuid4().hex}"),
        call_id=call.id,
        from_role=call.holder_role,
        from_job=call.holder_job,
        target=RoleName(start.target),
        reason=start.reason,
        requested_by=_BY,
        idempotency_key=key,
        state=HandoffState.REQUESTED,
        requested_at=time.time_ns() // 1_000_000,
        note=start.note,
    )


def answer_database_errors(app: FastAPI) -> None:
    """As 500 with SQLite's words."""

    @app.exception_handler(sqlite3.Error)
    async def _failed(_: Request, error: sqlite3.Error) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, status_code=500)


@contextmanager
def _connected(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        yield connection
