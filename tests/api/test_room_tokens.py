"""What the tokens for rooms contain, and that nobody gets one unrecorded."""

from __future__ import annotations

import json
from typing import Any

import jwt

from persistence.records import CallEnd, RequestKind, RequestState
from tests.contract.building import HOLDER, START, a_call
from tests.support.api.building import many_calls
from tests.support.api.desk import ANNA, VERA, Desk, problem


async def made(desk: Desk, **body: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the answer, and the claims of its token."""
    answer = await desk.anna.post("/tokens", json=body)
    assert answer.status_code == 201, answer.text
    secret = desk.parts.settings.livekit.api_secret.get_secret_value()
    claims = jwt.decode(answer.json()["token"], secret, algorithms=["HS256"])
    return answer.json(), claims


async def test_a_caller_has_a_microphone_and_nothing_else(desk: Desk) -> None:
    answer, claims = await made(desk, kind="caller", room="room-1", identity="mary", role="billing")
    assert claims["video"] == {
        "roomJoin": True,
        "room": "room-1",
        "canPublish": True,
        "canPublishSources": ["microphone"],
        "canPublishData": False,
        "canSubscribe": True,
        "canUpdateOwnMetadata": False,
    }
    assert claims["sub"] == answer["identity"] == "mary"
    assert not claims.get("metadata")
    assert not claims.get("attributes")


async def test_a_caller_brings_an_agent_of_the_role_along(desk: Desk) -> None:
    _, claims = await made(desk, kind="caller", room="room-1", identity="mary", role="billing")
    (agent,) = claims["roomConfig"]["agents"]
    assert agent["agentName"] == "baton"
    told = {"kind": "answer", "version": 1, "role": "billing", "caller": "mary"}
    assert json.loads(agent["metadata"]) == told


async def test_a_caller_without_wishes_gets_a_room_of_their_own_and_the_first_role(desk: Desk) -> None:
    first, claims = await made(desk, kind="caller")
    second, _ = await made(desk, kind="caller")
    assert first["room"] != second["room"]
    assert first["identity"] != second["identity"]
    assert json.loads(claims["roomConfig"]["agents"][0]["metadata"])["role"] is None
    assert first["url"] == "ws://127.0.0.1:1"


async def test_a_caller_under_an_agents_name_would_show_the_agent_out_and_gets_no_token(desk: Desk) -> None:
    answer = await desk.anna.post("/tokens", json={"kind": "caller", "identity": "agent-AJ_1"})
    document = problem(answer, "not-valid")
    assert document["errors"] == [
        {"pointer": "#/identity", "detail": "should not begin with agent-, which is reserved for agents"}
    ]


async def test_a_listener_is_hidden_and_brings_nobody(desk: Desk) -> None:
    await desk.store.open_call(a_call(room="room-1"))
    _, claims = await made(desk, kind="listener", room="room-1")
    assert claims["video"] == {
        "roomJoin": True,
        "room": "room-1",
        "hidden": True,
        "canPublish": False,
        "canPublishData": False,
        "canSubscribe": True,
        "canUpdateOwnMetadata": False,
    }
    assert "roomConfig" not in claims


async def test_finding_16_a_callers_token_opens_its_room_for_a_minute_and_no_longer(desk: Desk) -> None:
    answer, claims = await made(desk, kind="caller")
    assert claims["exp"] - claims["nbf"] == 60
    assert answer["expires_at"] == START + 60_000


async def test_finding_2_nobody_listens_where_no_call_is(desk: Desk) -> None:
    answer = await desk.vera.post("/tokens", json={"kind": "listener", "room": "a room of somebody else's"})
    problem(answer, "no-open-call")
    (call,) = await many_calls(desk.store, 1)
    await desk.store.end_call(call.id, CallEnd.GOODBYE, job=HOLDER, at=START)
    problem(await desk.vera.post("/tokens", json={"kind": "listener", "room": call.room}), "no-open-call")
    assert not [event for event in await desk.store.events() if "token" in {event.moved_from, event.moved_to}]


async def test_finding_2_a_callers_token_is_no_way_to_hear_the_call_of_another(desk: Desk) -> None:
    call = await desk.store.open_call(a_call(room="room-1"))
    for room in ("room-1", "desk-offer-1", "supervisor-listener-1"):
        for identity in ({}, {"identity": "mary"}):
            answer = await desk.anna.post("/tokens", json={"kind": "caller", "room": room, **identity})
            assert problem(answer, "room-taken")["room"] == room
    await made(desk, kind="caller", room="room-1", identity=call.caller)


async def test_who_had_one_made_is_in_the_events_and_the_token_is_nowhere(desk: Desk) -> None:
    await desk.store.open_call(a_call(room="room-1"))
    answer, _ = await made(desk, kind="caller", room="room-2")
    await desk.vera.post("/tokens", json={"kind": "listener", "room": "room-1"})
    _, *events = await desk.store.events()
    assert [(event.actor, event.moved_from, event.moved_to) for event in events] == [
        (ANNA, None, "token"),
        (ANNA, "token", "done"),
        (VERA, None, "asked"),
    ]
    request = await desk.store.request(events[0].subject)  # type: ignore[arg-type]
    assert request is not None
    assert (request.kind, request.state, request.words, request.room, request.call_id) == (
        RequestKind.TOKEN,
        RequestState.DONE,
        "caller",
        "room-2",
        None,
    )
    assert answer["token"] not in str(request)


async def test_a_role_that_is_none_gets_no_token(desk: Desk) -> None:
    answer = await desk.anna.post("/tokens", json={"kind": "caller", "role": "nobody"})
    assert problem(answer, "target-not-allowed")["allowed"] == ["billing", "front-desk", "technical"]
    assert not await desk.store.events()
