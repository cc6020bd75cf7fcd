"""What is stored about one caller, by HTTP: exported, forgotten, and kept by a legal hold."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

from persistence.contract.store import Store
from persistence.records import CALLER, Call, CallEnd
from tests.contract.building import HOLDER, START, a_call
from tests.support.api.desk import Desk, problem

NUMBER = "+49 170 1234567"
ASKED = {"caller": NUMBER}


async def a_past_call(store: Store) -> Call:
    call = replace(a_call(), caller_number=NUMBER)
    await store.open_call(call)
    await store.append_turn(call.id, CALLER, "<b>the parrot</b>", started_at=1, ended_at=2)
    await store.end_call(call.id, CallEnd.GOODBYE, job=HOLDER, at=START)
    return call


async def test_finding_3_a_caller_is_taken_out_and_forgotten(desk: Desk) -> None:
    call = await a_past_call(desk.store)
    answer = await desk.anna.post("/people/export", json=ASKED)
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == 'attachment; filename="person.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        page = file.read("index.html").decode()
    assert "&lt;b&gt;the parrot&lt;/b&gt;" in page
    assert NUMBER in page
    forgotten = await desk.anna.post("/people/forget", json=ASKED)
    assert forgotten.json() == {"forgotten": 1, "open": [], "on_legal_hold": [], "remains": ""}
    problem(await desk.anna.post("/people/export", json=ASKED), "unknown-caller")
    shown = (await desk.anna.get(f"/calls/{call.id}")).json()
    assert shown["call"]["forgotten_by"] == "anna"
    assert [turn["text"] for turn in shown["turns"]] == [""]


async def test_finding_3_a_legal_hold_is_put_and_ended(desk: Desk) -> None:
    call = await a_past_call(desk.store)
    held = await desk.anna.post(f"/calls/{call.id}/legal-hold")
    assert held.json()["legal_hold_by"] == "anna"
    problem(await desk.anna.post(f"/calls/{call.id}/legal-hold"), "on-legal-hold")
    forgotten = await desk.anna.post("/people/forget", json=ASKED)
    assert forgotten.json()["on_legal_hold"] == [call.id]
    released = await desk.anna.post(f"/calls/{call.id}/legal-hold/end")
    assert released.json()["legal_hold_by"] is None
    problem(await desk.anna.post(f"/calls/{call.id}/legal-hold/end"), "no-legal-hold")
    problem(await desk.anna.post("/calls/nobody/legal-hold"), "unknown-call")


async def test_finding_3_a_viewer_takes_nobody_out_and_forgets_nobody(desk: Desk) -> None:
    call = await a_past_call(desk.store)
    for path in ("/people/export", "/people/forget"):
        problem(await desk.vera.post(path, json=ASKED), "right-missing")
    problem(await desk.vera.post(f"/calls/{call.id}/legal-hold"), "right-missing")
