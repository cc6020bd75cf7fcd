"""Every kind of problem, each caused by a request; none of these requests changes anything."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from operators.api.front import Front
from operators.api.schemas.problems import KINDS
from operators.auth.access import add_operator
from persistence.access import ACTS
from persistence.contract.handoffs import Outcome
from persistence.records import CallEnd, HandoffState
from readiness import Readiness
from tests.contract.building import HOLDER, START, a_call
from tests.support.api.at_desk import offered, talked
from tests.support.api.building import handoff_of, many_calls
from tests.support.api.desk import ADDRESS, ANNA, VERA, Desk, client, problem
from tests.support.database import file_of

S = HandoffState
Meeting = Callable[[Desk], Awaitable[httpx.Response]]
MEETINGS: dict[str, Meeting] = {}
WORDS = {"words": "Hello."}
HANDOFF = {"target": "billing", "reason": "a bill"}


def meets(kind: str) -> Callable[[Meeting], Meeting]:
    return lambda meeting: MEETINGS.setdefault(kind, meeting)


@meets("token-missing")
async def no_token(desk: Desk) -> httpx.Response:
    return await desk.nobody.get("/calls")


@meets("token-unknown")
async def wrong_token(desk: Desk) -> httpx.Response:
    async with client(desk.app, "baton_guess", address="10.0.0.1") as somebody:
        return await somebody.get("/calls")


@meets("too-many-attempts")
async def guessing(desk: Desk) -> httpx.Response:
    async with client(desk.app, "baton_guess", address="10.0.0.1") as somebody:
        await somebody.get("/calls")
        return await somebody.get("/calls")


@meets("right-missing")
async def viewer(desk: Desk) -> httpx.Response:
    return await desk.vera.post("/calls/call-0/say", json=WORDS)


@meets("token-expired")
async def expired(desk: Desk) -> httpx.Response:
    token = await add_operator(desk.store, "mia", ACTS, desk.clock, expires_at=desk.clock.at + 1)
    desk.clock.at += 1
    async with client(desk.app, token) as mia:
        return await mia.get("/calls")


@meets("session-over")
async def idle(desk: Desk) -> httpx.Response:
    await desk.nobody.post("/session", json={"token": desk.tokens[ANNA]})
    desk.clock.at += 1_800_000
    return await desk.nobody.get("/calls")


@meets("signed-in-already")
async def another_link(desk: Desk) -> httpx.Response:
    await desk.nobody.post("/session", json={"token": desk.tokens[ANNA]})
    return await desk.nobody.post("/session", json={"token": desk.tokens[VERA]})


@meets("limit-reached")
async def too_much(desk: Desk) -> httpx.Response:
    for _ in range(desk.parts.settings.access.streams_at_once):
        desk.parts.gate.limits.take(ANNA, "streams")
    return await desk.anna.get("/events")


@meets("foreign-origin")
async def foreign(desk: Desk) -> httpx.Response:
    headers = {"Cookie": f"baton_session={desk.tokens[ANNA]}", "Origin": "https://evil.example"}
    return await desk.nobody.post("/calls/call-0/say", json=WORDS, headers=headers)


@meets("unknown-host")
async def rebound(desk: Desk) -> httpx.Response:
    return await desk.anna.get("/calls", headers={"Host": "evil.example:8090"})


@meets("unknown-page")
async def nowhere(desk: Desk) -> httpx.Response:
    return await desk.anna.get("/nowhere")


@meets("method-not-allowed")
async def delete(desk: Desk) -> httpx.Response:
    return await desk.anna.delete("/calls/call-0")


@meets("not-valid")
async def misspelt(desk: Desk) -> httpx.Response:
    return await desk.anna.post("/calls/call-0/say", json={"word": "Hello."})


@meets("cursor-unknown")
async def nonsense(desk: Desk) -> httpx.Response:
    return await desk.anna.get("/calls?cursor=nonsense")


@meets("body-too-large")
async def large(desk: Desk) -> httpx.Response:
    return await desk.anna.post("/calls/call-0/say", json={"words": "a" * 100_000})


@meets("unknown-call")
async def no_call(desk: Desk) -> httpx.Response:
    return await desk.anna.post("/calls/call-9/say", json=WORDS)


@meets("unknown-handoff")
async def no_handoff(desk: Desk) -> httpx.Response:
    return await desk.anna.post("/handoffs/handoff-9/cancel")


@meets("call-over")
async def over(desk: Desk) -> httpx.Response:
    (call,) = await many_calls(desk.store, 1)
    await desk.store.end_call(call.id, CallEnd.GOODBYE, job=HOLDER, at=START)
    return await desk.anna.post(f"/calls/{call.id}/say", json=WORDS)


@meets("no-open-call")
async def listening_nowhere(desk: Desk) -> httpx.Response:
    return await desk.vera.post("/tokens", json={"kind": "listener", "room": "room-9"})


@meets("no-call-back")
async def no_call_back(desk: Desk) -> httpx.Response:
    (call,) = await many_calls(desk.store, 1)
    return await desk.anna.post(f"/calls/{call.id}/called-back")


@meets("unknown-caller")
async def caller_of_whom_nothing_is_held(desk: Desk) -> httpx.Response:
    return await desk.anna.post("/people/export", json={"caller": "+49 30 1234567"})


@meets("several-callers")
async def number_that_ends_two(desk: Desk) -> httpx.Response:
    for number in ("+49 30 1234567", "+43 30 1234567"):
        call = a_call(call_id=f"call{number[:3]}", room=number)
        await desk.store.open_call(replace(call, caller_number=number))
    return await desk.anna.post("/people/forget", json={"caller": "030 1234567"})


@meets("on-legal-hold")
async def second_legal_hold(desk: Desk) -> httpx.Response:
    (call,) = await many_calls(desk.store, 1)
    await desk.store.put_legal_hold(call.id, by=ANNA, at=START)
    return await desk.anna.post(f"/calls/{call.id}/legal-hold")


@meets("no-legal-hold")
async def no_legal_hold(desk: Desk) -> httpx.Response:
    (call,) = await many_calls(desk.store, 1)
    return await desk.anna.post(f"/calls/{call.id}/legal-hold/end")


@meets("already-removed")
async def nothing_left_to_keep(desk: Desk) -> httpx.Response:
    (call,) = await many_calls(desk.store, 1)
    await desk.store.end_call(call.id, CallEnd.GOODBYE, job=HOLDER, at=START)
    await desk.store.purge_words(before=START + 1, at=START + 1)
    return await desk.anna.post(f"/calls/{call.id}/legal-hold")


@meets("handoff-open")
async def second_handoff(desk: Desk) -> httpx.Response:
    (call,) = await many_calls(desk.store, 1)
    await handoff_of(desk.store, call, S.REQUESTED)
    return await desk.anna.post(f"/calls/{call.id}/handoffs", json=HANDOFF)


@meets("handoffs-spent")
async def sixth_handoff(desk: Desk) -> httpx.Response:
    (call,) = await many_calls(desk.store, 1)
    for _ in range(5):
        made = (await desk.anna.post(f"/calls/{call.id}/handoffs", json=HANDOFF)).json()
        await desk.anna.post(f"/handoffs/{made['id']}/cancel")
    return await desk.anna.post(f"/calls/{call.id}/handoffs", json=HANDOFF)


@meets("on-hold")
async def held_already(desk: Desk) -> httpx.Response:
    (call,) = await many_calls(desk.store, 1)
    await desk.anna.post(f"/calls/{call.id}/hold")
    return await desk.anna.post(f"/calls/{call.id}/hold")


@meets("not-listening")
async def whisper_of_a_stranger(desk: Desk) -> httpx.Response:
    (call,) = await many_calls(desk.store, 1)
    return await desk.anna.post(f"/calls/{call.id}/coach", json={"listener": "listener-1"})


@meets("supervised")
async def second_supervisor(desk: Desk) -> httpx.Response:
    (call,) = await many_calls(desk.store, 1)
    for _ in range(2):
        asked = {"kind": "listener", "room": call.room}
        me = {"listener": (await desk.anna.post("/tokens", json=asked)).json()["identity"]}
        answer = await desk.anna.post(f"/calls/{call.id}/coach", json=me)
    return answer


@meets("not-on-hold")
async def resumed_already(desk: Desk) -> httpx.Response:
    (call,) = await many_calls(desk.store, 1)
    return await desk.anna.post(f"/calls/{call.id}/resume")


@meets("in-line")
async def held_in_line(desk: Desk) -> httpx.Response:
    await desk.store.open_call(replace(a_call(call_id="call-9", room="room-9"), queued_at=START))
    return await desk.anna.post("/calls/call-9/hold")


@meets("stale-state")
async def too_late(desk: Desk) -> httpx.Response:
    (call,) = await many_calls(desk.store, 1)
    await handoff_of(desk.store, call, S.COMPLETED)
    return await desk.anna.post("/handoffs/handoff-0/cancel")


@meets("target-not-allowed")
async def to_itself(desk: Desk) -> httpx.Response:
    (call,) = await many_calls(desk.store, 1)
    return await desk.anna.post(f"/calls/{call.id}/handoffs", json=HANDOFF | {"target": "front-desk"})


@meets("words-refused")
async def markup(desk: Desk) -> httpx.Response:
    (call,) = await many_calls(desk.store, 1)
    return await desk.anna.post(f"/calls/{call.id}/say", json={"words": "Hello <break time='3s'/> you."})


@meets("livekit-out-of-reach")
async def without_livekit(desk: Desk) -> httpx.Response:
    return await desk.anna.get("/rooms")


@meets("unknown-room")
async def unknown_room(desk: Desk) -> httpx.Response:
    async def not_found(room: str, *, limit_s: float) -> None:
        """Answer as the server does for a room that it does not know."""

    desk.parts.livekit.participants = not_found  # type: ignore[assignment,method-assign]
    return await desk.anna.get("/rooms/nowhere/participants")


@meets("not-recorded")
async def pausing_what_is_not_recorded(desk: Desk) -> httpx.Response:
    (call,) = await many_calls(desk.store, 1)
    return await desk.anna.post(f"/calls/{call.id}/recording/pause")


@meets("no-recording")
async def playing_what_is_not_recorded(desk: Desk) -> httpx.Response:
    (call,) = await many_calls(desk.store, 1)
    return await desk.anna.get(f"/calls/{call.id}/recording/tracks/caller")


@meets("no-presence")
async def beating_without_a_desk(desk: Desk) -> httpx.Response:
    return await desk.anna.post("/desk/heartbeat")


@meets("unknown-offer")
async def no_offer(desk: Desk) -> httpx.Response:
    return await desk.anna.post("/desk/offers/offer-9/accept")


@meets("offer-over")
async def accepted_already(desk: Desk) -> httpx.Response:
    address = await offered(desk)
    await desk.anna.post(f"{address}/accept")
    return await desk.anna.post(f"{address}/accept")


@meets("not-available-yet")
async def before_the_wrap_up(desk: Desk) -> httpx.Response:
    await talked(desk)
    return await desk.anna.post("/desk/presence", json={"state": "available"})


@meets("code-unknown")
async def code_of_nobody(desk: Desk) -> httpx.Response:
    return await desk.anna.post(f"{await talked(desk)}/wrap-up", json={"code": "other"})


@meets("store-trouble")
async def broken_store(desk: Desk) -> httpx.Response:
    path = file_of(desk.parts.settings.worker.store)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ALTER TABLE calls RENAME TO taken_away")
    return await desk.anna.get("/calls")


@meets("not-ready")
async def before_the_store_is_there(desk: Desk) -> httpx.Response:
    front = Front(desk.parts.settings, Readiness(["the store"], tell=lambda _: None))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(front), base_url=ADDRESS) as client:
        return await client.get("/health")


@meets("our-mistake")
async def mistake(desk: Desk) -> httpx.Response:
    async def fails() -> bytes:
        raise RuntimeError("a mistake")

    desk.parts.metrics.page = fails  # type: ignore[method-assign]
    return await desk.anna.get("/metrics")


EXTRAS: dict[str, dict[str, Any]] = {
    "unknown-call": {"call_id": "call-9"},
    "unknown-handoff": {"handoff_id": "handoff-9"},
    "call-over": {"call_id": "call-0", "how": "goodbye"},
    "no-call-back": {"call_id": "call-0", "by": None},
    "handoff-open": {"handoff_id": "handoff-0"},
    "stale-state": {"handoff_id": "handoff-0", "state": "completed", "moved_to": "completed"},
    "target-not-allowed": {"target": "front-desk", "allowed": ["billing", "technical"]},
    "words-refused": {"wrong": "contain markup", "right": "write plain words, without SSML or HTML"},
    "unknown-room": {"room": "nowhere"},
    "not-ready": {"well": False, "waits_for": ["the store"]},
}

ELSEWHERE = {
    "room-taken": "test_room_tokens.py",
    "person-not-allowed": "people/test_desk_talk.py",
    "keys-refused": "people/test_desk_talk.py",
    "keys-not-sent": "people/test_desk_talk.py",
    "unknown-message": "people/test_messages.py",
    "message-moved": "people/test_messages.py",
    "second-person": "people/test_second_person.py",
    "nobody-else": "people/test_second_person.py",
    "too-many-calls": "call_page/test_call_page.py",
    "lines-busy": "call_page/test_call_page.py",
    "identity-refused": "access/test_openid.py",
    "identity-without-rights": "access/test_openid.py",
    "provider-out-of-reach": "access/test_openid.py",
    "no-such-range": "recordings/test_seeking.py",
    "recording-out-of-reach": "recordings/test_recordings_by_http.py",
}
"""The tests that cause the other problems: those that need OpenID, recordings, a desk, the call page or a
room."""


def test_there_is_a_meeting_with_every_kind() -> None:
    assert {*MEETINGS, *ELSEWHERE} == set(KINDS)
    assert not MEETINGS.keys() & ELSEWHERE.keys()
    for kind, file in ELSEWHERE.items():
        assert f'"{kind}"' in (Path(__file__).parent / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", MEETINGS)
async def test_each_kind_is_a_document_of_its_own(desk: Desk, kind: str) -> None:
    document = problem(await MEETINGS[kind](desk), kind)
    assert document.items() >= EXTRAS.get(kind, {}).items()


async def test_a_mistake_of_ours_tells_where_it_is_and_nothing_that_anybody_wrote(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    assert "a mistake" not in (await MEETINGS["our-mistake"](desk)).text
    (line,) = [line for line in caplog.records if line.name.startswith("operators.api.")]
    assert "test_problems.py" in line.__dict__["where"]
    assert not any("a mistake" in str(record.__dict__) for record in caplog.records)


async def test_of_two_operators_the_second_learns_who_was_first_and_what_they_did(desk: Desk) -> None:
    (call,) = await many_calls(desk.store, 1)
    handoff = await handoff_of(desk.store, call, S.ACCEPTED)
    await desk.store.end_handoff(
        handoff.id, Outcome(S.CANCELLED, "so"), attempt_id=None, actor="bert", at=START + 1
    )
    document = problem(await desk.anna.post("/handoffs/handoff-0/cancel"), "stale-state")
    assert (document["by"], document["moved_to"], document["state"]) == ("bert", "cancelled", "cancelled")
