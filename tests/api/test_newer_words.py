"""In a rolling deploy, the service shows a newer version's words unchanged."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from persistence.records import CallEnd, HandoffState
from tests.contract.building import HOLDER, START
from tests.contract.people.test_store_messages import a_message
from tests.support.api.building import handoff_of, many_calls
from tests.support.api.desk import Desk

WORD = "a newer word"
_WRITTEN = (
    "PRAGMA ignore_check_constraints = ON",
    "DROP TRIGGER call_stays_ended",
    f"UPDATE calls SET ended_how = '{WORD}', call_back = '{WORD}' WHERE ended_at IS NOT NULL",
    f"UPDATE handoffs SET completes = '{WORD}'",
    f"UPDATE attempts SET outcome = '{WORD}'",
    f"UPDATE messages SET state = '{WORD}'",
)


async def test_words_of_a_newer_version_are_shown_as_they_are(desk: Desk, settings_of_nobody: Path) -> None:
    _, call = await many_calls(desk.store, 2)
    await desk.store.leave_message(a_message(), job=HOLDER, at_most=5)
    handoff = await handoff_of(desk.store, call, HandoffState.CANCELLED)
    await desk.store.end_call(call.id, CallEnd.GOODBYE, job=HOLDER, at=START + 60_000)
    with closing(sqlite3.connect(settings_of_nobody, isolation_level=None)) as newer:
        for statement in _WRITTEN:
            newer.execute(statement)
    whole = (await desk.vera.get(f"/calls/{call.id}")).json()
    assert (whole["call"]["ended_how"], whole["call"]["call_back"]) == (WORD, WORD)
    assert [message["state"] for message in whole["messages"]] == [WORD]
    assert [one["completes"] for one in whole["handoffs"]] == [WORD]
    listed = (await desk.vera.get("/calls")).json()["items"]
    assert [one["ended_how"] for one in listed] == [WORD, None]
    assert (await desk.vera.get(f"/handoffs/{handoff.id}")).json()["handoff"]["completes"] == WORD
    metrics = (await desk.vera.get("/metrics")).text
    assert f'baton_calls_ended_total{{how="{WORD}"}} 1.0' in metrics
