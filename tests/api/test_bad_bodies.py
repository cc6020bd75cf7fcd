"""Bad request bodies: each is refused with a text that says what would be right, and changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from operators.api.middleware import BODY_LIMIT
from tests.support.api.building import many_calls
from tests.support.api.desk import Desk, problem

SAY, HANDOFF, END = "/calls/call-0/say", "/calls/call-0/handoffs", "/calls/call-0/end"
JSON = {"Content-Type": "application/json"}

BODIES: list[tuple[str, Any, str]] = [
    (SAY, {}, "#/words: Field required"),
    (SAY, {"words": 7}, "#/words: Input should be a valid string"),
    (SAY, {"words": None}, "#/words"),
    (SAY, ["Hello."], "#"),
    (SAY, "Hello.", "#"),
    (SAY, {"words": "Hello.", "voice": "troy"}, "#/voice: unknown field; known are words"),
    (HANDOFF, {"target": "billing"}, "#/reason: Field required"),
    (HANDOFF, {"target": "", "reason": "a bill"}, "#/target"),
    (HANDOFF, {"target": "billing", "reason": "a bill", "completes": "later"}, "'auto' or 'operator'"),
    (
        HANDOFF,
        {"target": "billing", "reason": "a bill", "from_job": "job-9"},
        "known are target, person, reason",
    ),
    (END, {"what": "agent"}, "unknown field"),
    ("/calls", {"room": "", "role": "billing"}, "#/room"),
    ("/calls", {"room": "a\nb", "role": "billing"}, "#/room"),
    ("/calls", {"room": "a" * 201, "role": "billing"}, "#/room"),
    ("/tokens", {"kind": "owner", "room": "room-1"}, "'caller' or 'listener'"),
    ("/tokens", {"kind": "caller", "identity": " "}, "#/identity"),
    ("/tokens", {"kind": "listener"}, "needs a room"),
    ("/tokens", {"kind": "listener", "room": "room-1", "role": "billing"}, "neither identity nor role"),
    ("/session", {"token": ""}, "#/token"),
    ("/handoffs/handoff-0/complete", {"force": True}, "unknown field"),
]
TEXTS = [b"{", b"\xff\xfe", b'{"words": "Hello."', b"words=Hello.", b"[" * 10_000, b'{"words": "\\ud800"}']
WORDS = {
    "a" * 2_001: "at most 2000",
    "": "at least one word",
    "…!? 🙂": "at least one word",
    "<speak>Hello</speak>": "without SSML or HTML",
    "Hello <b>you</b>": "without SSML or HTML",
    "<!-- hello --> you": "without SSML or HTML",
}
QUERIES = [
    "/calls?limit=0",
    "/calls?limit=201",
    "/calls?limit=many",
    "/calls?state=perhaps",
    "/handoffs?state=asleep",
    "/handoffs?since=yesterday",
    "/handoffs?since=-1",
    f"/handoffs?until={10**30}",
    f"/handoffs?call={'a' * 201}",
    "/events?after=-1",
    f"/events?after={10**30}",
    f"/calls/{'a' * 201}",
]


async def test_bodies_of_another_shape_are_refused_with_what_would_be_right(desk: Desk) -> None:
    await many_calls(desk.store, 1)
    before = await desk.store.latest_event()
    for address, body, told in BODIES:
        document = problem(await desk.anna.post(address, json=body), "not-valid")
        assert told in document["detail"], (address, body, document)
    assert await desk.store.latest_event() == before


async def test_what_is_no_json_is_refused(desk: Desk) -> None:
    for text in TEXTS:
        problem(await desk.anna.post(SAY, content=text, headers=JSON), "not-valid")


async def test_json_that_is_not_called_so_is_refused(desk: Desk) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = await desk.anna.post(SAY, content=b'{"words": "Hello."}', headers={"Content-Type": kind})
        problem(answer, "not-valid")


async def test_words_that_cannot_be_spoken_are_refused_with_what_would_be_right(desk: Desk) -> None:
    await many_calls(desk.store, 1)
    before = await desk.store.latest_event()
    for words, right in WORDS.items():
        for way in ("say", "ask", "notes"):
            answer = await desk.anna.post(f"/calls/call-0/{way}", json={"words": words})
            assert right in problem(answer, "words-refused")["right"]
        handed = {"target": "billing", "reason": words}
        problem(await desk.anna.post(HANDOFF, json=handed), "words-refused")
    assert await desk.store.latest_event() == before


async def test_words_that_only_look_like_markup_are_said(desk: Desk) -> None:
    await many_calls(desk.store, 1)
    for words in ("2 < 3 and 4 > 1", "It costs <5 euros", "a" * 2_000):
        assert (await desk.anna.post(SAY, json={"words": words})).status_code == 202


@pytest.mark.parametrize("declared", [True, False])
async def test_a_body_that_is_too_large_is_not_read_to_its_end(desk: Desk, declared: bool) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 10_000_000:
            sent += 4_096
            yield b" " * 4_096

    headers = JSON | ({"Content-Length": "10000000"} if declared else {})
    problem(await desk.anna.post(SAY, content=endless(), headers=headers), "body-too-large")
    assert sent <= (0 if declared else BODY_LIMIT + 4_096)


@pytest.mark.parametrize("length", ["-1", "many", "1e9"])
async def test_a_length_that_is_none_is_refused(desk: Desk, length: str) -> None:
    answer = await desk.anna.post(SAY, content=b"", headers=JSON | {"Content-Length": length})
    problem(answer, "body-too-large")


async def test_addresses_of_nonsense_are_refused(desk: Desk) -> None:
    for address in QUERIES:
        problem(await desk.anna.get(address), "not-valid")


async def test_odd_ids_are_simply_unknown(desk: Desk) -> None:
    for odd in ("%00", "%F0%9F%99%82", "..%2F..", "'; DROP TABLE calls; --", "%FF", "[object Object]"):
        answer = await desk.anna.get(f"/calls/{odd}")
        assert answer.json()["type"].rpartition(":")[2] in {"unknown-call", "unknown-page"}, odd
    assert (await desk.anna.get("/calls")).status_code == 200


async def test_a_key_that_is_too_long_is_refused(desk: Desk) -> None:
    await many_calls(desk.store, 1)
    for key in ("", "a" * 201):
        answer = await desk.anna.post(SAY, json={"words": "Hello."}, headers={"Idempotency-Key": key})
        assert "Idempotency-Key" in problem(answer, "not-valid")["detail"]
