"""Operators' acts by HTTP: the rows that they make, idempotency keys, and who did it."""

from __future__ import annotations

import asyncio

from persistence.records import CallEnd, HandoffState, RequestKind
from tests.contract.building import HOLDER, START
from tests.support.api.building import handoff_of, many_calls
from tests.support.api.desk import ANNA, Desk, problem

S = HandoffState


async def test_what_is_asked_of_the_holder_is_a_row_that_says_who_asked(desk: Desk) -> None:
    (call,) = await many_calls(desk.store, 1)
    asked = {
        RequestKind.SAY: ("say", {"words": "One  moment,\nplease."}),
        RequestKind.ASK: ("ask", {"words": "What is my balance?"}),
        RequestKind.NOTE: ("notes", {"words": "A good customer."}),
        RequestKind.END: ("end", {}),
    }
    for way, body in asked.values():
        answer = await desk.anna.post(f"/calls/{call.id}/{way}", json=body)
        assert answer.status_code == 202
        assert answer.json()["state"] == "requested"
    made = await desk.store.requests(call.id)
    assert [request.kind for request in made] == list(asked)
    assert {request.requested_by for request in made} == {ANNA}
    assert [request.words for request in made][:2] == ["One moment, please.", "What is my balance?"]


async def test_a_handoff_is_started_with_reason_note_and_what_it_waits_for(desk: Desk) -> None:
    (call,) = await many_calls(desk.store, 1)
    body = {"target": "billing", "reason": "a bill", "note": "Be kind.", "completes": "operator"}
    answer = await desk.anna.post(f"/calls/{call.id}/handoffs", json=body)
    assert answer.status_code == 201
    handoff = answer.json()
    assert {name: handoff[name] for name in body} == body
    assert (handoff["state"], handoff["requested_by"], handoff["from_role"]) == (
        "requested",
        ANNA,
        "front-desk",
    )


async def test_the_same_key_is_the_same_handoff_even_at_once_and_when_it_is_over(desk: Desk) -> None:
    (call,) = await many_calls(desk.store, 1)
    body = {"target": "billing", "reason": "a bill"}
    asked = [
        desk.anna.post(f"/calls/{call.id}/handoffs", json=body, headers={"Idempotency-Key": "once"})
        for _ in range(5)
    ]
    answers = await asyncio.gather(*asked)
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 201]
    (handoff_id,) = {answer.json()["id"] for answer in answers}
    await desk.anna.post(f"/handoffs/{handoff_id}/cancel", json={"reason": "not needed any more"})
    again = await desk.anna.post(f"/calls/{call.id}/handoffs", json=body, headers={"Idempotency-Key": "once"})
    assert (again.status_code, again.json()["state"]) == (200, "cancelled")


async def test_the_same_key_is_the_same_words(desk: Desk) -> None:
    (call,) = await many_calls(desk.store, 1)
    for _ in range(2):
        headers = {"Idempotency-Key": "once"}
        await desk.anna.post(f"/calls/{call.id}/say", json={"words": "Hello."}, headers=headers)
    assert len(await desk.store.requests(call.id)) == 1


async def test_of_two_handoffs_at_once_one_is_made_and_the_other_is_told_which(desk: Desk) -> None:
    (call,) = await many_calls(desk.store, 1)
    asked = [
        desk.anna.post(f"/calls/{call.id}/handoffs", json={"target": target, "reason": "a bill"})
        for target in ("billing", "technical")
    ]
    first, second = sorted(await asyncio.gather(*asked), key=lambda answer: answer.status_code)
    assert first.status_code == 201
    assert problem(second, "handoff-open")["handoff_id"] == first.json()["id"]


async def test_a_handoff_is_approved_once_by_somebody(desk: Desk) -> None:
    (call,) = await many_calls(desk.store, 1)
    body = {"target": "billing", "reason": "a bill", "completes": "operator"}
    made = (await desk.anna.post(f"/calls/{call.id}/handoffs", json=body)).json()
    problem(await desk.anna.post(f"/handoffs/{made['id']}/complete"), "stale-state")  # not accepted yet


async def test_a_handoff_is_sent_elsewhere_and_taken_away(desk: Desk) -> None:
    (call,) = await many_calls(desk.store, 1)
    await handoff_of(desk.store, call, S.DISPATCHING)
    body = {"target": "technical", "reason": "their  line is slow ", "note": "be kind"}
    moved = (await desk.anna.post("/handoffs/handoff-0/redirect", json=body)).json()
    assert (moved["redirect_to"], moved["redirected_by"], moved["target"]) == ("technical", ANNA, "billing")
    assert (moved["redirect_reason"], moved["redirect_note"]) == ("their line is slow", "be kind")
    ended = (await desk.anna.post("/handoffs/handoff-0/cancel")).json()
    assert ended["state"] == "cancelled"
    (attempt,) = (await desk.vera.get("/handoffs/handoff-0")).json()["attempts"]
    assert attempt["reason"] == f"cancelled by {ANNA}"


async def test_a_call_is_taken_back_to_who_held_it_before(desk: Desk) -> None:
    (call,) = await many_calls(desk.store, 1)
    problem(await desk.anna.post(f"/calls/{call.id}/take-back"), "target-not-allowed")
    await handoff_of(desk.store, call, S.COMPLETED)
    answer = await desk.anna.post(f"/calls/{call.id}/take-back")
    assert answer.status_code == 201
    assert (answer.json()["target"], answer.json()["from_role"]) == ("front-desk", "billing")


async def test_an_agent_that_could_not_be_called_is_a_request_that_failed(desk: Desk) -> None:
    answer = await desk.anna.post("/calls", json={"room": "room-1", "role": "billing"})
    assert answer.status_code == 202
    assert (answer.json()["state"], answer.json()["words"]) == ("failed", "billing")
    assert "dispatch" in answer.json()["reason"]
    problem(await desk.anna.post("/calls", json={"room": "room-1", "role": "nobody"}), "target-not-allowed")


async def test_a_call_back_is_marked_as_done_once_and_says_by_whom(desk: Desk) -> None:
    (call,) = await many_calls(desk.store, 1)
    await desk.store.end_call(call.id, CallEnd.CALL_BACK, job=HOLDER, at=START)
    marked = (await desk.anna.post(f"/calls/{call.id}/called-back")).json()
    assert (marked["call_back"], marked["called_back_by"]) == ("promised", ANNA)
    again = problem(await desk.anna.post(f"/calls/{call.id}/called-back"), "no-call-back")
    assert (again["by"], again["detail"]) == (ANNA, f"{ANNA} has called this caller back")
    assert problem(await desk.vera.post(f"/calls/{call.id}/called-back"), "right-missing")
    assert problem(await desk.anna.post("/calls/call-9/called-back"), "unknown-call")
