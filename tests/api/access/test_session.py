"""Signing in with a browser: what the cookie is, and that another site's page can do nothing with it."""

from __future__ import annotations

import httpx
import pytest

from operators.auth.gate import COOKIE
from tests.support.api.desk import ADDRESS, ANNA, Desk, client, problem

SPEECH = "/calls/no-call/say"
WORDS = {"words": "Hello."}


async def signed_in(desk: Desk) -> httpx.AsyncClient:
    """Sign in as Anna. Returns the client, which then has her cookie."""
    answer = await desk.nobody.post("/session", json={"token": f" {desk.tokens[ANNA]}\n"})
    assert answer.status_code == 204
    return desk.nobody


async def test_a_token_becomes_a_cookie_that_scripts_cannot_read(desk: Desk) -> None:
    answer = await desk.nobody.post("/session", json={"token": desk.tokens[ANNA]})
    told = answer.headers["set-cookie"]
    assert told.startswith(f"{COOKIE}=session_")
    assert desk.tokens[ANNA] not in told
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(told.split("; "))
    assert "Secure" not in told
    assert answer.text == ""


async def test_over_tls_the_cookie_never_travels_without(desk: Desk) -> None:
    async with client(desk.app, base_url="https://127.0.0.1:8090") as browser:
        answer = await browser.post("/session", json={"token": desk.tokens[ANNA]})
    assert "Secure" in answer.headers["set-cookie"].split("; ")


async def test_nor_does_it_where_something_in_front_does_tls(desk: Desk) -> None:
    headers = {"Origin": "https://127.0.0.1:8090"}
    answer = await desk.nobody.post("/session", json={"token": desk.tokens[ANNA]}, headers=headers)
    assert "Secure" in answer.headers["set-cookie"].split("; ")


async def test_the_cookie_shows_what_its_token_shows(desk: Desk) -> None:
    browser = await signed_in(desk)
    assert (await browser.get("/me")).json()["name"] == ANNA
    assert (await browser.get("/calls")).status_code == 200


async def test_a_token_that_is_not_known_becomes_no_cookie(desk: Desk) -> None:
    answer = await desk.nobody.post("/session", json={"token": "baton_of_nobody"})
    problem(answer, "token-unknown")
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": ADDRESS},
        {"Sec-Fetch-Site": "same-origin"},
        {"Origin": ADDRESS, "Sec-Fetch-Site": "same-origin"},
    ],
)
async def test_our_own_page_acts_with_the_cookie(desk: Desk, headers: dict[str, str]) -> None:
    browser = await signed_in(desk)
    problem(await browser.post(SPEECH, json=WORDS, headers=headers), "unknown-call")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://127.0.0.1:3000"},  # another service on this machine, the same site to a browser
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8090.evil.example"},
        {"Origin": "ftp://127.0.0.1:8090"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
    ],
)
async def test_another_page_does_not_act_with_the_cookie(desk: Desk, headers: dict[str, str]) -> None:
    browser = await signed_in(desk)
    problem(await browser.post(SPEECH, json=WORDS, headers=headers), "foreign-origin")
    token = {"kind": "listener", "room": "room-1"}
    problem(await browser.post("/tokens", json=token, headers=headers), "foreign-origin")


async def test_finding_16_over_tls_a_page_without_it_is_another_page(desk: Desk) -> None:
    async with client(desk.app, base_url="https://127.0.0.1:8090") as browser:
        await browser.post("/session", json={"token": desk.tokens[ANNA]})
        plain = {"Origin": "http://127.0.0.1:8090"}
        problem(await browser.post(SPEECH, json=WORDS, headers=plain), "foreign-origin")
        own = {"Origin": "https://127.0.0.1:8090"}
        problem(await browser.post(SPEECH, json=WORDS, headers=own), "unknown-call")


async def test_another_page_signs_nobody_in(desk: Desk) -> None:
    headers = {"Origin": "https://evil.example"}
    answer = await desk.nobody.post("/session", json={"token": desk.tokens[ANNA]}, headers=headers)
    problem(answer, "foreign-origin")


async def test_a_program_with_a_bearer_needs_no_origin(desk: Desk) -> None:
    problem(await desk.anna.post(SPEECH, json=WORDS), "unknown-call")


async def test_signing_out_removes_the_cookie(desk: Desk) -> None:
    browser = await signed_in(desk)
    answer = await browser.delete("/session", headers={"Origin": ADDRESS})
    assert answer.status_code == 204
    assert "Max-Age=0" in answer.headers["set-cookie"]
    problem(await browser.get("/me"), "token-missing")


async def test_me_says_who_and_whether_there_can_be_sound(desk: Desk) -> None:
    me = (await desk.vera.get("/me")).json()
    assert (me["name"], me["rights"]) == ("vera", ["metrics", "read", "listen"])
    assert me["audio"]["available"] == (me["audio"]["reason"] is None)


async def test_without_a_provider_there_is_no_other_way_in(desk: Desk) -> None:
    assert (await desk.nobody.get("/sign-in")).json() == {"openid": False}
    for path in ("/sign-in/openid", "/sign-in/openid/answer"):
        problem(await desk.nobody.get(path), "unknown-page")
