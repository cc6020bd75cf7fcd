"""Sessions end by sign-out, idleness, age, revocation and renewal; and nobody becomes somebody else."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from operators.api import sse
from operators.auth.access import renew_operator
from operators.auth.gate import COOKIE, HOST_COOKIE
from tests.support.api.desk import ADDRESS, ANNA, VERA, Desk, client, problem

OURS = {"Origin": ADDRESS}
IDLE_MS, LONGEST_MS = 1_800_000, 43_200_000


async def signed_in(desk: Desk, name: str = ANNA) -> httpx.AsyncClient:
    answer = await desk.nobody.post("/session", json={"token": desk.tokens[name]})
    assert answer.status_code == 204, answer.text
    return desk.nobody


def cookies(browser: httpx.AsyncClient) -> dict[str, str]:
    return {"Cookie": f"{COOKIE}={browser.cookies[COOKIE]}"}


async def test_finding_1_cookie_and_token_do_not_open_in_each_others_place(
    desk: Desk,
) -> None:
    secret = (await signed_in(desk)).cookies[COOKIE]
    assert secret != desk.tokens[ANNA]
    async with client(desk.app, secret, address="10.0.0.1") as program:
        problem(await program.get("/me"), "token-unknown")
    async with client(desk.app, address="10.0.0.2") as browser:
        stolen = {"Cookie": f"{COOKIE}={desk.tokens[ANNA]}"}
        problem(await browser.get("/me", headers=stolen), "token-unknown")


async def test_finding_1_after_sign_out_the_old_cookie_opens_nothing(desk: Desk) -> None:
    browser = await signed_in(desk)
    kept = cookies(browser)
    assert (await browser.delete("/session", headers=OURS)).status_code == 204
    problem(await desk.nobody.get("/me", headers=kept), "session-over")
    assert (await desk.anna.get("/me")).status_code == 200


async def test_finding_1_a_foreign_page_signs_nobody_out(desk: Desk) -> None:
    browser = await signed_in(desk)
    problem(await browser.delete("/session", headers={"Origin": "https://evil.example"}), "foreign-origin")
    assert (await browser.get("/me")).status_code == 200


async def test_finding_1_a_session_that_nobody_uses_is_over(desk: Desk) -> None:
    browser = await signed_in(desk)
    desk.clock.at += IDLE_MS - 1
    assert (await browser.get("/me")).status_code == 200
    desk.clock.at += IDLE_MS - 1
    assert (await browser.get("/me")).status_code == 200
    desk.clock.at += IDLE_MS
    problem(await browser.get("/me"), "session-over")


async def test_finding_1_a_session_lasts_half_a_day_at_most(desk: Desk) -> None:
    browser = await signed_in(desk)
    for _ in range(LONGEST_MS // (IDLE_MS // 2) - 1):
        desk.clock.at += IDLE_MS // 2
        assert (await browser.get("/me")).status_code == 200
    desk.clock.at += IDLE_MS // 2
    problem(await browser.get("/me"), "session-over")


async def test_finding_1_revoked_renewed_or_expired_a_token_takes_its_sessions_along(desk: Desk) -> None:
    await signed_in(desk)
    await desk.store.revoke_operator(ANNA, at=desk.clock.at)
    problem(await desk.nobody.get("/me"), "session-over")
    desk.nobody.cookies.clear()
    await signed_in(desk, VERA)
    token = await renew_operator(desk.store, VERA, rights=None, expires_at=desk.clock.at + 5)
    problem(await desk.nobody.get("/me"), "session-over")
    problem(await desk.vera.get("/me"), "token-unknown")
    async with client(desk.app, token) as vera:
        assert (await vera.get("/me")).json()["rights"] == ["metrics", "read", "listen"]
        desk.clock.at += 5
        problem(await vera.get("/me"), "token-expired")
        problem(await desk.nobody.post("/session", json={"token": token}), "token-expired")


async def test_finding_1_over_tls_the_cookie_is_this_hosts_alone(desk: Desk) -> None:
    async with client(desk.app, base_url="https://127.0.0.1:8090") as browser:
        told = (await browser.post("/session", json={"token": desk.tokens[ANNA]})).headers["set-cookie"]
        assert told.startswith(f"{HOST_COOKIE}=session_")
        assert {"Secure", "Path=/"} <= set(told.split("; "))
        assert "Domain" not in told
        planted = {"Cookie": f"{COOKIE}={browser.cookies[HOST_COOKIE]}"}
        browser.cookies.clear()
        problem(await browser.get("/me", headers=planted), "token-missing")


async def test_finding_1_streams_end_with_their_session(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "LOOK_AT_TOKEN_S", 0.05)
    kept = cookies(await signed_in(desk))
    following = asyncio.create_task(desk.nobody.get("/events", headers=kept))
    while not desk.parts.feed.listeners:  # noqa: ASYNC110 - the feed tells nobody
        await asyncio.sleep(0.01)
    await desk.nobody.delete("/session", headers={**OURS, **kept})
    async with asyncio.timeout(30):
        assert (await following).status_code == 200


async def test_finding_16_a_link_signs_nobody_in_as_somebody_else_unasked(desk: Desk) -> None:
    browser = await signed_in(desk)
    kept = cookies(browser)
    told = problem(await browser.post("/session", json={"token": desk.tokens[VERA]}), "signed-in-already")
    assert (told["name"], told["other"]) == (ANNA, VERA)
    assert (await browser.get("/me")).json()["name"] == ANNA
    answer = await browser.post("/session", json={"token": desk.tokens[VERA], "instead": True})
    assert answer.status_code == 204
    assert (await browser.get("/me")).json()["name"] == VERA
    browser.cookies.clear()
    problem(await browser.get("/me", headers=kept), "session-over")


async def test_finding_16_the_same_operator_may_sign_in_again(desk: Desk) -> None:
    kept = cookies(await signed_in(desk))
    assert cookies(await signed_in(desk)) != kept
    desk.nobody.cookies.clear()
    problem(await desk.nobody.get("/me", headers=kept), "session-over")


async def test_finding_16_an_origin_that_cannot_be_read_is_a_foreign_one(desk: Desk) -> None:
    browser = await signed_in(desk)
    for origin in ("http://[", "//", "https://[::1", "http://127.0.0.1:8090@evil.example"):
        problem(await browser.post("/calls/none/say", json={}, headers={"Origin": origin}), "foreign-origin")


async def test_finding_1_sessions_are_listed_and_ended_once(desk: Desk) -> None:
    sessions = desk.parts.gate.sessions
    operator = await desk.store.operators()
    _, session = await sessions.begin(operator[0])
    assert await sessions.is_open(session)
    assert [one.id for one in await sessions.still_open()] == [session.id]
    assert await sessions.end(session, by="cli:root")
    assert not await sessions.end(session, by="cli:root")
    assert not await sessions.still_open()
