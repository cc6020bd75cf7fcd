"""The call page without a browser: off by default, who may call, and what a visitor's token allows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from livekit.protocol.models import Room

from errors import BadInput
from operators.api.server import config_of
from operators.call_page import page_files
from operators.call_page.admission import CLOCKS_MS, LATE_MS
from settings import ConsoleSettings
from tests.contract.building import START
from tests.support.api.call_page import OWN_PAGE as OWN
from tests.support.api.call_page import SHOP, Rooms, claims_of
from tests.support.api.desk import ADDRESS, Desk, StillClock, client, opened_desk, problem


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
