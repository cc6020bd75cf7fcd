"""The call page without a browser: off by default, whom it lets call, and what a visitor's token allows."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from livekit.protocol.models import Room

from errors import BadInput
from operators.acts.room_tokens import caller_token, listener_token
from operators.api.server import config_of
from operators.call_page import page_files
from operators.call_page.admission import CLOCKS_MS, LATE_MS
from people.call_back_link import hash_of
from persistence.people import NOT_YET, EntryId, OfferId
from persistence.records import CallEnd, CallId, JobId
from settings import ConsoleSettings
from tests.contract.building import CALL, HOLDER, START, a_call
from tests.contract.people.building import ANNA, an_entry, is_there, rings
from tests.support.api.call_page import OWN_PAGE as OWN
from tests.support.api.desk import ADDRESS, Desk, StillClock, client, opened_desk, problem
from transfer.livekit.server_api import ServerApi

SHOP = "https://shop.example"
SECOND = CallId("call-2")


class Rooms:
    """The server's rooms, as it would list them."""

    def __init__(self) -> None:
        self.there: list[Room] = []
        self.deleted: list[str] = []

    async def rooms(self, *, limit_s: float) -> list[Room]:
        assert limit_s
        return self.there

    async def delete_room(self, room: str) -> None:
        self.deleted.append(room)


@pytest.fixture
def rooms(monkeypatch: pytest.MonkeyPatch) -> Rooms:
    rooms = Rooms()
    monkeypatch.setattr(ServerApi, "rooms", lambda _, *, limit_s: rooms.rooms(limit_s=limit_s))
    monkeypatch.setattr(ServerApi, "delete_room", lambda _, room: rooms.delete_room(room))
    return rooms


@pytest.fixture
def livekit_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for livekit-client, which set-up may not have installed."""
    path = tmp_path / "livekit-client.esm.mjs"
    path.write_text("export const none = null;")
    monkeypatch.setitem(page_files._SHARED, path.name, path)
    return path


@pytest.fixture
async def shop(
    settings_of_nobody: Path,
    clock: StillClock,
    rooms: Rooms,
    livekit_client: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Desk]:
    """A service with the call page, for itself and one web page."""
    assert rooms
    assert livekit_client
    monkeypatch.setenv("BATON_CALL_PAGE_ORIGINS", f"{SHOP} self")
    monkeypatch.setenv("BATON_CALL_PAGE_CALLS_PER_MINUTE", "2")
    monkeypatch.setenv("BATON_CALL_PAGE_CALLS_PER_HOUR", "3")
    monkeypatch.setenv("BATON_CALL_PAGE_CALLS_AT_ONCE", "4")
    async with opened_desk(settings_of_nobody, clock) as opened:
        yield opened


async def test_by_default_there_is_no_call_page(desk: Desk) -> None:
    for path in ("/call", "/call/main.js", "/call/button.js", "/call/company.css"):
        problem(await desk.nobody.get(path), "unknown-page")
    problem(await desk.nobody.post("/call/tokens", headers=OWN), "unknown-page")
    problem(await desk.nobody.options("/call/tokens", headers=OWN), "unknown-page")
    assert not await desk.store.events()


async def test_the_page_bears_the_companys_name_and_colours(shop: Desk) -> None:
    page = (await shop.nobody.get("/call")).text
    assert "<title>Call Brightwave Broadband</title>" in page
    assert "@" not in page
    assert "You can say" not in page
    style = await shop.nobody.get("/call/company.css")
    assert style.headers["content-type"] == "text/css; charset=utf-8"
    assert "--company: #1f4e9e;\n  --on-company: #ffffff;" in style.text
    assert "--second: #e07a16;\n  --on-second: #000000;" in style.text


async def test_the_page_suggests_the_sentences_of_a_setting(
    settings_of_nobody: Path, clock: StillClock, livekit_client: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert livekit_client
    monkeypatch.setenv("BATON_CALL_PAGE_ORIGINS", "self")
    monkeypatch.setenv("BATON_CALL_PAGE_HINTS", "Das <Büro>, bitte. | Goodbye. |")
    async with opened_desk(settings_of_nobody, clock) as opened:
        page = (await opened.nobody.get("/call")).text
    assert "<li>Das &lt;Büro&gt;, bitte.</li><li>Goodbye.</li></ul>" in page


async def test_every_file_that_the_page_names_is_served_and_nothing_else(shop: Desk) -> None:
    page = (await shop.nobody.get("/call")).text
    files = [part.partition('"')[0] for part in page.split('"/call/')[1:]]
    files += ["line.js", "captions.js", "words.js", "reload.js", "dom.js"]
    files += ["livekit-client.esm.mjs", "button.js"]
    for file in files:
        assert (await shop.nobody.get(f"/call/{file}")).status_code == 200, file
    assert not any(mark in page for mark in ("<style", "style=", "onclick="))
    for path in ("..%2Fadmission.py", "__init__.py", "nothing.js"):
        problem(await shop.nobody.get(f"/call/{path}"), "unknown-page")


async def test_tokens_are_not_read_like_a_file_though_the_page_is_off(desk: Desk) -> None:
    problem(await desk.nobody.get("/call/tokens"), "method-not-allowed")


async def test_only_listed_pages_may_frame_it_and_others_may_load_its_button(shop: Desk) -> None:
    for path in ("/call", "/call/button.js", "/call/nothing"):
        headers = (await shop.nobody.get(path)).headers
        assert f"frame-ancestors 'self' {SHOP};" in headers["content-security-policy"]
        assert headers["cross-origin-resource-policy"] == "cross-origin"
        assert headers["permissions-policy"].startswith("microphone=(self)")
        assert "set-cookie" not in headers
    headers = (await shop.nobody.get("/caller")).headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cross-origin-resource-policy"] == "same-origin"


async def token(shop: Desk) -> dict[str, Any]:
    answer = await shop.nobody.post("/call/tokens", headers=OWN)
    assert answer.status_code == 201, answer.text
    assert answer.json()["url"] == "ws://127.0.0.1:1"
    assert answer.json()["longest_call_s"] == 600
    return claims_of(shop, answer)


def claims_of(shop: Desk, answer: httpx.Response) -> dict[str, Any]:
    secret = shop.parts.settings.livekit.api_secret.get_secret_value()
    claims: dict[str, Any] = jwt.decode(answer.json()["token"], secret, algorithms=["HS256"])
    return claims


async def test_finding_16_a_visitor_gets_one_new_room_a_microphone_and_a_minute_to_join(shop: Desk) -> None:
    claims, others = await token(shop), await token(shop)
    room = claims["video"].pop("room")
    assert claims["video"] == {
        "roomJoin": True,
        "canPublish": True,
        "canPublishSources": ["microphone"],
        "canPublishData": True,  # typed lines
        "canSubscribe": True,
        "canUpdateOwnMetadata": False,
    }
    assert room.startswith("page-")
    assert room != others["video"]["room"]
    assert claims["attributes"] == {"baton.captions": "1", "baton.longest_call_s": "600"}
    assert claims["exp"] - claims["nbf"] == 60
    (agent,) = claims["roomConfig"]["agents"]
    told = {"kind": "answer", "version": 1, "role": None, "caller": claims["sub"]}
    assert json.loads(agent["metadata"]) == told
    actors = {event.actor for event in await shop.store.events()}
    assert actors == {"caller"}


async def begun(shop: Desk) -> tuple[dict[str, Any], str]:
    """A call from the page that an agent has answered; returns the token's claims, and the token."""
    answer = await shop.nobody.post("/call/tokens", headers=OWN)
    claims = claims_of(shop, answer)
    call = replace(a_call(room=claims["video"]["room"]), caller=claims["sub"])
    await shop.store.open_call(call)
    return claims, answer.json()["token"]


async def asks_again(shop: Desk, again: str) -> httpx.Response:
    return await shop.nobody.post("/call/tokens", headers=OWN, json={"again": again})


@pytest.mark.parametrize("how", [CallEnd.CALLER_LEFT, CallEnd.GAVE_UP])
async def test_a_page_that_is_loaded_again_gets_a_token_for_its_call_while_the_caller_may_be_back(
    shop: Desk, how: CallEnd
) -> None:
    """One who left the line has their old place."""
    before, again = await begun(shop)
    for ends in (False, True):
        if ends:
            await shop.store.end_call(CALL, how, job=HOLDER, at=START)
        answer = await asks_again(shop, again)
        assert answer.status_code == 201, answer.text
        claims = claims_of(shop, answer)
        same = ("sub", "video", "attributes", "roomConfig")
        assert [claims[name] for name in same] == [before[name] for name in same]
    shop.clock.at += 60_000
    problem(await asks_again(shop, again), "call-over")


async def test_a_reload_is_no_call_and_only_a_page_that_never_stops_reloading_is_refused(shop: Desk) -> None:
    _, again = await begun(shop)
    answers = [(await asks_again(shop, again)).status_code for _ in range(31)]
    assert answers == [201] * 30 + [429]
    assert (await shop.nobody.post("/call/tokens", headers=OWN)).status_code == 201, "the second call of two"
    shop.clock.at += 60_000
    assert (await asks_again(shop, again)).status_code == 201


@pytest.mark.parametrize("how", sorted(set(CallEnd) - {CallEnd.CALLER_LEFT, CallEnd.GAVE_UP}))
async def test_a_call_that_ended_otherwise_does_not_go_on(shop: Desk, how: CallEnd) -> None:
    _, again = await begun(shop)
    await shop.store.end_call(CALL, how, job=HOLDER, at=START)
    problem(await asks_again(shop, again), "call-over")


async def test_nobody_goes_on_with_the_call_of_another_or_with_a_token_that_is_not_the_pages(
    shop: Desk,
) -> None:
    claims, again = await begun(shop)
    room, parts = claims["video"]["room"], shop.parts
    listener = await listener_token(parts.context, parts.door, room=room, by="anna", key=None)
    elsewhere = await caller_token(
        parts.context, parts.door, room="room-1", identity="caller-1", role=None, by="anna"
    )
    forged = jwt.encode(claims, "another secret of thirty-two bytes", algorithm="HS256")
    for wrong in (listener.token, elsewhere.token, forged, again[:-3], "", "none"):
        problem(await asks_again(shop, wrong), "call-over")
    problem(await shop.nobody.post("/call/tokens", json={"again": again}), "foreign-origin")


async def test_a_token_counts_for_as_long_as_its_call_may_last_and_wait_in_line(shop: Desk) -> None:
    claims, _ = await begun(shop)
    secret = shop.parts.settings.livekit.api_secret.get_secret_value()
    now = round(time.time())
    for expired_s, status in ((1200, 201), (1300, 409)):
        again = jwt.encode({**claims, "exp": now - expired_s}, secret, algorithm="HS256")
        assert (await asks_again(shop, again)).status_code == status


async def test_a_visitor_cannot_choose_anything(shop: Desk) -> None:
    for body in ({"role": "billing"}, {"room": "room-1"}, {"metadata": "{}"}, {"identity": "agent-1"}):
        problem(await shop.nobody.post("/call/tokens", headers=OWN, json=body), "not-valid")
    assert (await shop.nobody.post("/call/tokens", headers=OWN, json={})).status_code == 201


@pytest.mark.parametrize(
    "origin", [None, "null", "", "https://evil.example", f"{SHOP}.evil.example", "http://shop.example"]
)
async def test_a_page_of_another_origin_gets_no_token(shop: Desk, origin: str | None) -> None:
    headers = {} if origin is None else {"Origin": origin}
    for method in ("POST", "OPTIONS"):
        answer = await shop.nobody.request(method, "/call/tokens", headers=headers)
        problem(answer, "foreign-origin")
        assert "access-control-allow-origin" not in answer.headers
    assert not await shop.store.events()


async def test_a_listed_page_may_ask_itself_and_read_the_answer(shop: Desk) -> None:
    asked = {"Origin": SHOP, "Access-Control-Request-Method": "POST"}
    preflight = await shop.nobody.options("/call/tokens", headers=asked)
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-methods"] == "POST"
    for expected in (201, 201, 429):
        answer = await shop.nobody.post("/call/tokens", headers={"Origin": SHOP})
        assert answer.status_code == expected
        assert answer.headers["access-control-allow-origin"] == SHOP
        assert "access-control-allow-credentials" not in answer.headers
        assert "Origin" in answer.headers["vary"]
    assert "access-control-allow-origin" not in (await shop.anna.get("/me", headers={"Origin": SHOP})).headers


async def test_calls_from_one_address_are_limited_by_the_minute_and_the_hour(shop: Desk) -> None:
    async def calls(who: httpx.AsyncClient) -> httpx.Response:
        return await who.post("/call/tokens", headers=OWN)

    assert [(await calls(shop.nobody)).status_code for _ in range(2)] == [201, 201]
    refused = await calls(shop.nobody)
    problem(refused, "too-many-calls")
    assert refused.headers["retry-after"] == "60"
    async with client(shop.app, address="10.0.0.1") as somebody:
        assert (await calls(somebody)).status_code == 201
    shop.clock.at += 60_000
    assert (await calls(shop.nobody)).status_code == 201
    refused = await calls(shop.nobody)
    assert refused.headers["retry-after"] == str(3600 - 60)


@pytest.mark.parametrize(("proxies", "expected"), [("127.0.0.1", [201, 201, 201]), ("", [201, 201, 429])])
async def test_behind_a_proxy_that_is_named_each_caller_has_their_own_address(
    shop: Desk, proxies: str, expected: list[int]
) -> None:
    config = config_of(shop.app, ConsoleSettings(proxies=proxies))
    config.load()
    transport = httpx.ASGITransport(config.loaded_app, client=("127.0.0.1", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url=ADDRESS, headers=OWN) as behind:
        answers = [
            await behind.post("/call/tokens", headers={"X-Forwarded-For": f"203.0.113.{number}"})
            for number in range(3)
        ]
    assert [answer.status_code for answer in answers] == expected


async def test_as_many_calls_as_allowed_go_on_at_once_and_others_are_asked_to_wait(
    shop: Desk, rooms: Rooms
) -> None:
    rooms.there = [Room(name=f"page-{number}") for number in range(3)] + [Room(name="call-of-a-telephone")]
    assert (await shop.nobody.post("/call/tokens", headers=OWN)).status_code == 201
    busy = await shop.nobody.post("/call/tokens", headers=OWN)
    problem(busy, "lines-busy")
    assert int(busy.headers["retry-after"]) > 0
    rooms.there = rooms.there[:2]
    assert (await shop.nobody.post("/call/tokens", headers=OWN)).status_code == 201


async def test_a_call_whose_agent_does_not_end_it_is_cut_off(shop: Desk, rooms: Rooms) -> None:
    assert shop.parts.call_page is not None
    late = START - 600_000 - LATE_MS - CLOCKS_MS
    made = {"page-late": late - 1, "page-in-time": late + 1, "call-1": late - 1}
    rooms.there = [Room(name=name, creation_time_ms=at) for name, at in made.items()]
    await shop.parts.call_page.admission._close_overdue()
    assert rooms.deleted == ["page-late"]


async def test_while_livekit_does_not_answer_nobody_is_sent_into_silence(
    settings_of_nobody: Path, clock: StillClock, livekit_client: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert livekit_client
    monkeypatch.setenv("BATON_CALL_PAGE_ORIGINS", "self")
    async with opened_desk(settings_of_nobody, clock) as opened:
        problem(await opened.nobody.post("/call/tokens", headers=OWN), "livekit-out-of-reach")


async def test_without_livekit_client_the_start_says_what_to_do(
    settings_of_nobody: Path, clock: StillClock, livekit_client: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(page_files._SHARED, livekit_client.name, livekit_client.with_name("gone"))
    monkeypatch.setenv("BATON_CALL_PAGE_ORIGINS", "self")
    with pytest.raises(BadInput, match=r"BATON_CALL_PAGE_ORIGINS: .*run scripts/set-up-console"):
        async with opened_desk(settings_of_nobody, clock):
            pass


async def promised(shop: Desk) -> str:
    """A call back that is due; returns the link's token."""
    await shop.store.open_call(a_call())
    entry = an_entry(
        call_id=CALL, id=EntryId("back"), call_back=True, not_before=NOT_YET, link_hash=hash_of("a-link")
    )
    await shop.store.enter_queue(entry)
    await shop.store.end_call(CALL, CallEnd.GOODBYE, job=HOLDER, at=START)
    return "a-link"


async def looks(shop: Desk, link: str) -> dict[str, Any]:
    answer = await shop.nobody.post("/call/back", headers=OWN, json={"link": link})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_a_link_rings_once_a_person_has_taken_the_call_back_and_is_answered(shop: Desk) -> None:
    link = await promised(shop)
    assert await looks(shop, link) == {"state": "waiting", "place": 1, "minutes": None}
    assert await looks(shop, "another") == {"state": "over", "place": None, "minutes": None}
    early = await shop.nobody.post("/call/back/answer", headers=OWN, json={"link": link})
    assert problem(early, "call-over")["status"] == 409

    await is_there(shop.store, ANNA)
    entry = await shop.store.call_back_of(hash_of(link))
    assert entry is not None
    (offer,) = await rings(shop.store, entry, ANNA, at=START)
    await shop.store.accept_offer(offer.id, ANNA, connect_within_s=60, at=START)

    assert (await looks(shop, link))["state"] == "ringing"
    answered = await shop.nobody.post("/call/back/answer", headers=OWN, json={"link": link})
    claims = claims_of(shop, answered)
    assert claims["attributes"]["baton.call_back"] == offer.id
    assert claims["video"]["room"].startswith("page-")
    await shop.store.open_call(replace(a_call(), id=SECOND, room="another", holder_job=JobId("job-2")))
    await shop.store.answer_call_back(OfferId(offer.id), SECOND, by="job-2", at=START)
    assert (await looks(shop, link))["state"] == "over"


async def test_whoever_guesses_links_is_slowed_down(shop: Desk) -> None:
    for number in range(120):
        await looks(shop, f"guess-{number}")
    refused = await shop.nobody.post("/call/back", headers=OWN, json={"link": "one more"})
    assert problem(refused, "too-many-calls")["status"] == 429
    foreign = await shop.nobody.post(
        "/call/back", headers={"Origin": "https://a.example"}, json={"link": "x"}
    )
    assert problem(foreign, "foreign-origin")["status"] == 403
