"""A reloaded page continues its own call, and no other."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import httpx
import jwt
import pytest

from operators.acts.room_tokens import caller_token, listener_token
from persistence.records import CallEnd
from tests.contract.building import CALL, HOLDER, START, a_call
from tests.support.api.call_page import OWN_PAGE as OWN
from tests.support.api.call_page import claims_of
from tests.support.api.desk import Desk, problem


async def begun(shop: Desk) -> tuple[dict[str, Any], str]:
    """Make a call from the page that an agent has answered; return the token's claims, and the token."""
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
    """A caller who left the line gets their old place."""
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
