"""Each right alone: what it opens, and that it opens nothing else."""

from __future__ import annotations

import httpx
import pytest

from operators.auth.access import add_operator
from persistence.access import ListenerState, Right, Rights
from tests.api.test_who_may import GUARDED, ask
from tests.contract.building import a_call
from tests.support.api.desk import Desk, client, problem


async def holder(desk: Desk, *rights: Right) -> httpx.AsyncClient:
    token = await add_operator(desk.store, "solo", frozenset(rights), desk.clock)
    return client(desk.app, token)


@pytest.mark.parametrize("right", list(Right))
async def test_finding_2_a_right_opens_its_own_routes_and_no_others(desk: Desk, right: Right) -> None:
    async with await holder(desk, right) as solo:
        for method, route in GUARDED:
            answer = await ask(solo, method, route)
            needs: Rights = getattr(route, "needs", frozenset())
            if right not in needs:
                told = problem(answer, "right-missing")
                assert told["needs"] == [one for one in Right if one in needs]
            elif route.path != "/tokens":  # which itself checks what is requested
                assert answer.status_code in {200, 202, 404, 409, 502}, (route.path, answer.text)


async def test_finding_2_a_metrics_token_reads_the_metrics_and_hears_nobody(desk: Desk) -> None:
    await desk.store.open_call(a_call(room="room-1"))
    async with await holder(desk, Right.METRICS) as prometheus:
        assert (await prometheus.get("/metrics")).status_code == 200
        for path in ("/calls", "/events", "/handoffs.csv", "/rooms", "/roster"):
            problem(await prometheus.get(path), "right-missing")
        answer = await prometheus.post("/tokens", json={"kind": "listener", "room": "room-1"})
        problem(answer, "right-missing")
        assert (await prometheus.get("/health")).json()["checks"] is None
    assert [event.kind for event in await desk.store.events()] == ["call"]


async def test_finding_2_who_listens_makes_no_callers_and_who_acts_does_not_listen(desk: Desk) -> None:
    await desk.store.open_call(a_call(room="room-1"))
    async with await holder(desk, Right.LISTEN) as ear:
        problem(await ear.post("/tokens", json={"kind": "caller"}), "right-missing")
        answer = await ear.post("/tokens", json={"kind": "listener", "room": "room-1"})
        assert answer.status_code == 201
    (listener,) = await desk.store.listeners(since=0)
    assert (listener.name, listener.state) == ("solo", ListenerState.ASKED)
    assert listener.identity == answer.json()["identity"]


async def test_finding_2_who_acts_does_not_listen(desk: Desk) -> None:
    await desk.store.open_call(a_call(room="room-1"))
    async with await holder(desk, Right.ACT) as hand:
        answer = await hand.post("/tokens", json={"kind": "listener", "room": "room-1"})
        problem(answer, "right-missing")
        assert (await hand.post("/tokens", json={"kind": "caller"})).status_code == 201


async def test_finding_13_a_minutes_acts_are_limited_and_the_limit_is_told(desk: Desk) -> None:
    most = desk.parts.settings.access.acts_per_minute
    asked = {"kind": "listener", "room": "none"}
    answers = [await desk.vera.post("/tokens", json=asked) for _ in range(most)]
    assert {answer.status_code for answer in answers} == {409}
    refused = await desk.vera.post("/tokens", json=asked)
    told = problem(refused, "limit-reached")
    assert (told["limit"], told["most"]) == ("BATON_ACCESS_ACTS_PER_MINUTE", most)
    assert refused.headers["ratelimit-policy"] == f'"acts";q={most};w=60'
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert (await desk.anna.post("/tokens", json={"kind": "caller"})).status_code == 201, "others go on"
    assert (await desk.vera.get("/me")).status_code == 200
    desk.clock.at += 60_000
    again = await desk.vera.post("/tokens", json=asked)
    problem(again, "no-open-call")


async def test_finding_13_what_is_left_is_told_and_exports_end(desk: Desk) -> None:
    answer = await desk.vera.get("/handoffs.csv")
    most = desk.parts.settings.access.requests_per_minute
    assert answer.headers["ratelimit"] == f'"requests";r={most - 1};t=60'
    at_once = desk.parts.settings.access.exports_at_once
    ends = [desk.parts.gate.limits.take("vera", "exports") for _ in range(at_once)]
    told = problem(await desk.vera.get("/handoffs.json"), "limit-reached")
    assert told["limit"] == "BATON_ACCESS_EXPORTS_AT_ONCE"
    ends[0]()
    assert (await desk.vera.get("/handoffs.json")).status_code == 200
    assert (await desk.vera.get("/handoffs.json")).status_code == 200, "an export that is over counts no more"


async def test_finding_13_a_viewer_follows_the_events_so_often_at_once_and_no_oftener(desk: Desk) -> None:
    gate = desk.parts.gate
    ends = [gate.limits.take("vera", "streams") for _ in range(desk.parts.settings.access.streams_at_once)]
    told = problem(await desk.vera.get("/events"), "limit-reached")
    assert told["limit"] == "BATON_ACCESS_STREAMS_AT_ONCE"
    assert len(ends) == told["most"]
