"""Lists and single items: pages, filters, everything about a call and a handoff."""

from __future__ import annotations

from typing import Any

import httpx

from operators.api.schemas import pagination as cursors
from persistence.contract.calls import Cursor
from persistence.records import CALLER, CallEnd, HandoffState, Trouble
from tests.contract.building import FRONT_DESK, HOLDER, START
from tests.support.api.building import handoff_of, many_calls
from tests.support.api.desk import Desk, problem

S = HandoffState


async def all_pages(who: httpx.AsyncClient, address: str, **query: Any) -> list[list[str]]:
    """Return each page's ids, to the last page."""
    pages, cursor = [], None
    while True:
        params = query | ({"cursor": cursor} if cursor else {})
        page = (await who.get(address, params=params)).json()
        pages.append([item["id"] for item in page["items"]])
        cursor = page["next"]
        if cursor is None:
            return pages


async def test_calls_come_newest_first_a_page_at_a_time(desk: Desk) -> None:
    await many_calls(desk.store, 5)
    assert await all_pages(desk.vera, "/calls", limit=2) == [
        ["call-4", "call-3"],
        ["call-2", "call-1"],
        ["call-0"],
    ]


async def test_a_full_last_page_has_no_next_and_an_empty_list_is_a_page(desk: Desk) -> None:
    assert await all_pages(desk.vera, "/calls") == [[]]
    await many_calls(desk.store, 2)
    assert await all_pages(desk.vera, "/calls", limit=2) == [["call-1", "call-0"]]


async def test_calls_made_while_one_turns_pages_push_nothing_into_them(desk: Desk) -> None:
    await many_calls(desk.store, 2)
    first = (await desk.vera.get("/calls?limit=1")).json()
    await desk.store.end_call((await many_calls(desk.store, 3))[2].id, CallEnd.SILENT, job=HOLDER, at=START)
    second = (await desk.vera.get("/calls", params={"limit": 1, "cursor": first["next"]})).json()
    assert [item["id"] for item in second["items"]] == ["call-0"]


async def test_calls_are_found_by_what_they_have_in_common(desk: Desk) -> None:
    calls = await many_calls(desk.store, 4)
    await handoff_of(desk.store, calls[3], S.ACCEPTED, reason="a bill that is too high")
    for call, how in zip(calls[1:], (CallEnd.GOODBYE, CallEnd.CALL_BACK, CallEnd.CALLER_LEFT), strict=True):
        await desk.store.end_call(call.id, how, job=HOLDER, at=START + 9_000)
    found = {
        "state=live": ["call-0"],
        "state=over": ["call-3", "call-2", "call-1"],
        "state=call_back": ["call-3", "call-2"],
        "state=over&outcome=goodbye": ["call-1"],
        "role=front-desk&limit=1": ["call-3"],
        "role=billing": [],
        "search=too%20high": ["call-3"],
        "search=ROOM-1": ["call-1"],
        "search=nobody": [],
        f"since={START + 2_000}": ["call-3", "call-2"],
        f"until={START + 1_000}": ["call-0"],
        f"since={START + 1_000}&until={START + 2_000}": ["call-1"],
    }
    for query, ids in found.items():
        page = (await desk.vera.get(f"/calls?{query}")).json()
        assert [item["id"] for item in page["items"]] == ids, query
    assert await all_pages(desk.vera, "/calls", limit=2, state="over") == [["call-3", "call-2"], ["call-1"]]


async def test_handoffs_are_found_by_what_they_have_in_common(desk: Desk) -> None:
    calls = await many_calls(desk.store, 4)
    for call, state in zip(calls, (S.REQUESTED, S.ACCEPTED, S.COMPLETED, S.CANCELLED), strict=True):
        await handoff_of(desk.store, call, state)
    found = {
        "state=accepted": ["handoff-1"],
        "outcome=completed": ["handoff-2"],
        "state=accepted&outcome=completed": [],
        "role=billing&limit=2": ["handoff-3", "handoff-2"],
        "role=technical": [],
        "call=call-0": ["handoff-0"],
        f"since={START + 2_000}": ["handoff-3", "handoff-2"],
        f"until={START + 1_005}": ["handoff-0"],
        f"since={START + 1_005}&until={START + 2_005}": ["handoff-1"],
    }
    for query, ids in found.items():
        page = (await desk.vera.get(f"/handoffs?{query}")).json()
        assert [item["id"] for item in page["items"]] == ids, query
    assert await all_pages(desk.vera, "/handoffs", limit=3, role="billing") == [
        ["handoff-3", "handoff-2", "handoff-1"],
        ["handoff-0"],
    ]


async def test_a_call_is_shown_whole(desk: Desk) -> None:
    (call,) = await many_calls(desk.store, 1)
    await desk.store.append_turn(call.id, CALLER, "My bill <b>", started_at=START, ended_at=START + 900)
    await handoff_of(desk.store, call, S.REQUESTED)
    await desk.store.note_trouble(Trouble(call.id, "chat", "429", START))
    note = await desk.anna.post(f"/calls/{call.id}/notes", json={"words": "They are a good customer."})
    whole = (await desk.vera.get(f"/calls/{call.id}")).json()
    assert whole["call"]["holder_role"] == FRONT_DESK
    assert [turn["text"] for turn in whole["turns"]] == ["My bill <b>"]
    assert [handoff["id"] for handoff in whole["handoffs"]] == ["handoff-0"]
    assert whole["requests"] == [note.json()]
    assert whole["troubles"] == [{"call_id": call.id, "part": "chat", "error": "429", "at": START}]
    assert whole["last_event"] == (await desk.store.events())[-1].id


async def test_a_handoff_is_shown_with_attempts_and_events(desk: Desk) -> None:
    (call,) = await many_calls(desk.store, 1)
    await handoff_of(desk.store, call, S.COMPLETED)
    whole = (await desk.vera.get("/handoffs/handoff-0")).json()
    assert (whole["handoff"]["state"], whole["handoff"]["completes"]) == ("completed", "auto")
    assert [attempt["outcome"] for attempt in whole["attempts"]] == ["completed"]
    assert [event["moved_to"] for event in whole["events"] if event["kind"] == "handoff"] == [
        "requested",
        "dispatching",
        "briefing",
        "accepted",
        "completed",
    ]


async def test_the_roster_tells_who_can_take_calls(desk: Desk) -> None:
    roles = {role["role"]: role for role in (await desk.vera.get("/roster")).json()}
    assert set(roles) == {"billing", "front-desk", "technical"}
    assert roles["billing"]["transfers_to"] == ["front-desk", "technical"]
    assert set(roles["billing"]) == {"role", "name", "voice", "transfers_to", "greeting", "people"}


NONSENSE = ["x", "!!!", "%00", "AAAA", "MTIz", cursors.written(Cursor(1, "a")) + "A", "9" * 399, "a=b", "😀"]


async def test_a_cursor_of_nonsense_is_refused(desk: Desk) -> None:
    for cursor in NONSENSE:
        for address in ("/calls", "/handoffs"):
            problem(await desk.vera.get(address, params={"cursor": cursor}), "cursor-unknown")


def test_a_cursor_reads_back_as_it_was_written() -> None:
    for cursor in (Cursor(0, "a"), Cursor(START, "handoff-0123"), Cursor(10**14, "~" * 200)):
        assert cursors.read(cursors.written(cursor)) == cursor
