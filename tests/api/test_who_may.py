"""Every route: without a token, with a viewer's, with an operator's."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from operators.api.route_guards import (
    Acting,
    AtDesk,
    Barging,
    Coaching,
    Guarded,
    Joining,
    Supervising,
    TakingOver,
    WithData,
    WithMessages,
)
from operators.api.routes import ROUTERS
from persistence.access import ListenerMode
from persistence.words import word_of
from tests.contract.building import CALL, START, a_call
from tests.support.api.desk import Desk, client, problem

OPEN = {
    ("GET", "/health"),
    ("POST", "/session"),
    ("DELETE", "/session"),
    ("GET", "/sign-in"),
    ("GET", "/sign-in/openid"),
    ("GET", "/sign-in/openid/answer"),
    ("GET", "/"),
    ("HEAD", "/"),
    ("GET", "/caller"),
    ("GET", "/desk.html"),
    ("HEAD", "/desk.html"),
    ("HEAD", "/caller"),
    ("GET", "/call"),
    ("HEAD", "/call"),
    ("GET", "/call/{stem}.{kind}"),
    ("HEAD", "/call/{stem}.{kind}"),
    ("POST", "/call/tokens"),
    ("OPTIONS", "/call/tokens"),
    ("POST", "/call/back"),
    ("POST", "/call/back/answer"),
    ("GET", "/static/{path:path}"),
    ("HEAD", "/static/{path:path}"),
}
"""Routes that need no token: they show nobody's data. The call page is off unless a setting turns it on."""
CHANGING = (Acting, AtDesk, WithData, Coaching, Barging, TakingOver, Supervising, WithMessages)
BY_KIND = {("POST", "/tokens")}
"""Routes whose right depends on the kind of token: a viewer may have a listener's. The route checks that."""

ROUTES = [
    (method, route)
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute)
    for method in sorted(route.methods or ())
]
GUARDED = [(method, route) for method, route in ROUTES if getattr(route, "needs", None) is not None]
QUERY = {"/events": "?call=nobody"}
"""Without this, the stream would not end."""

BODIES: dict[str, dict[str, Any]] = {
    "/calls": {"room": "room-1", "role": "billing"},
    "/calls/{call_id}/say": {"words": "Hello."},
    "/calls/{call_id}/ask": {"words": "Hello."},
    "/calls/{call_id}/notes": {"words": "Hello."},
    "/calls/{call_id}/keys": {"keys": "1", "to": "caller"},
    "/calls/{call_id}/end": {},
    "/calls/{call_id}/handoffs": {"target": "billing", "reason": "a bill"},
    "/handoffs/{handoff_id}/redirect": {"target": "billing"},
    "/calls/{call_id}/coach": {"listener": "listener-1"},
    "/calls/{call_id}/barge": {"listener": "listener-1"},
    "/calls/{call_id}/take-over": {"listener": "listener-1"},
    "/calls/{call_id}/give-back": {"listener": "listener-1"},
    "/tokens": {"kind": "caller"},
    "/desk/presence": {"state": "available"},
    "/desk/offers/{offer_id}/decline": {"reason": "lunch"},
    "/desk/offers/{offer_id}/wrap-up": {"code": "solved"},
    "/desk/offers/{offer_id}/note": {"note": "so far"},
    "/desk/offers/{offer_id}/keys": {"keys": "1"},
    "/messages/{message_id}/move": {"state": "taken"},
    "/call/back": {"link": "a-link"},
    "/call/back/answer": {"link": "a-link"},
    "/desk/offers/{offer_id}/hand-over": {"target": "billing", "reason": "a bill"},
    "/desk/offers/{offer_id}/second": {"role": "billing", "reason": "a bill"},
    "/people/export": {"caller": "+49 170 1234567"},
    "/people/forget": {"caller": "+49 170 1234567"},
}


def address_of(route: APIRoute) -> str:
    return re.sub(r"\{[^}]+\}", "some-id", route.path) + QUERY.get(route.path, "")


async def ask(who: httpx.AsyncClient, method: str, route: APIRoute) -> httpx.Response:
    body = BODIES.get(route.path) if method == "POST" else None
    return await who.request(method, address_of(route), json=body)


def test_every_route_is_guarded_and_none_is_served_beside_them(
    desk: Desk,
) -> None:
    assert all(isinstance(route, Guarded) for router in ROUTERS for route in router.routes)
    assert desk.app.routes == [route for router in ROUTERS for route in router.routes]


def test_what_needs_no_token_is_listed_here() -> None:
    assert {(m, route.path) for m, route in ROUTES if getattr(route, "needs", None) is None} == OPEN


def test_whatever_changes_something_is_for_operators() -> None:
    changing = [(method, route) for method, route in GUARDED if method != "GET"]
    assert {(method, route.path) for method, route in changing if isinstance(route, Joining)} == BY_KIND
    assert all(isinstance(route, (*CHANGING, Joining)) for _, route in changing)
    assert all(method == "POST" for method, _ in changing)


async def test_without_a_token_nothing_is_answered(desk: Desk) -> None:
    for method, route in GUARDED:
        answer = await ask(desk.nobody, method, route)
        problem(answer, "token-missing")
        assert answer.headers["www-authenticate"] == 'Bearer realm="baton"'


async def test_a_token_that_is_not_known_is_refused(desk: Desk) -> None:
    for number, (method, route) in enumerate(GUARDED):
        async with client(desk.app, "baton_of_nobody", address=f"10.0.0.{number}") as somebody:
            answer = await ask(somebody, method, route)
        problem(answer, "token-unknown")
        assert answer.headers["www-authenticate"] == 'Bearer realm="baton", error="invalid_token"'


async def test_a_viewer_watches_and_does_not_act(desk: Desk) -> None:
    for method, route in GUARDED:
        answer = await ask(desk.vera, method, route)
        if isinstance(route, CHANGING) or (method, route.path) in BY_KIND:
            problem(answer, "right-missing")
            assert "insufficient_scope" in answer.headers["www-authenticate"]
        else:
            assert answer.status_code in {200, 404, 502}, (route.path, answer.text)
    assert not await desk.store.events()


async def test_an_operator_may_do_all(desk: Desk) -> None:
    for method, route in GUARDED:
        answer = await ask(desk.anna, method, route)
        assert answer.status_code in {200, 201, 202, 404, 502}, (route.path, answer.text)


async def test_who_has_no_token_is_not_told_what_is_wrong_with_a_body(desk: Desk) -> None:
    headers = {"Content-Type": "application/json"}
    for method, route in GUARDED:
        answer = await desk.nobody.request(method, address_of(route), content=b"{", headers=headers)
        problem(answer, "token-missing")


async def test_a_viewer_may_listen(desk: Desk) -> None:
    await desk.store.open_call(a_call(room="room-1"))
    answer = await desk.vera.post("/tokens", json={"kind": "listener", "room": "room-1"})
    assert answer.status_code == 201
    (_, made) = await desk.store.events()
    assert (made.kind, made.actor, made.moved_to) == ("listener", "vera", "asked")


async def test_a_listener_in_a_mode_of_a_newer_version_stays_while_they_may_listen(desk: Desk) -> None:
    await desk.store.open_call(a_call(room="room-1"))
    assert (await desk.vera.post("/tokens", json={"kind": "listener", "room": "room-1"})).status_code == 201
    (listener,) = await desk.store.listeners_of(CALL)
    newer = replace(listener, mode=word_of(ListenerMode, "sing"))
    assert await desk.parts.gate.may_listen(newer)
    await desk.store.revoke_operator("vera", at=START)
    assert not await desk.parts.gate.may_listen(newer)


async def test_a_revoked_token_is_good_for_nothing_at_once(desk: Desk) -> None:
    assert (await desk.anna.get("/me")).json()["name"] == "anna"
    await desk.store.revoke_operator("anna", at=desk.clock.at)
    problem(await desk.anna.get("/me"), "token-unknown")


@pytest.mark.parametrize("scheme", ["Basic", "Token", ""])
async def test_another_scheme_is_no_token(desk: Desk, scheme: str) -> None:
    desk.nobody.headers["Authorization"] = f"{scheme} {desk.tokens['anna']}".strip()
    problem(await desk.nobody.get("/me"), "token-missing")
