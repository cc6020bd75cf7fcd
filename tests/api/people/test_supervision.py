"""A listener speaks: each way is a right of its own and a row, and only one at a time is heard."""

from __future__ import annotations

from typing import Any

import httpx
import jwt
import pytest

from operators.auth.access import add_operator
from persistence.access import Right
from persistence.records import CallEnd
from tests.contract.building import CALL, HOLDER, START, a_call, requested
from tests.support.api.desk import ANNA, Desk, client, problem

VERBS = {"coach": Right.COACH, "barge": Right.BARGE, "take-over": Right.TAKE_OVER}


async def listens(who: httpx.AsyncClient) -> dict[str, str]:
    answer = await who.post("/tokens", json={"kind": "listener", "room": "room-1"})
    assert answer.status_code == 201, answer.text
    return {"listener": answer.json()["identity"]}


async def somebody(desk: Desk, *rights: Right) -> httpx.AsyncClient:
    token = await add_operator(desk.store, "sam", frozenset(rights), desk.clock)
    return client(desk.app, token)


async def test_listen_whisper_speak_and_take_over_in_one_go(desk: Desk) -> None:
    await desk.store.open_call(a_call())
    me = await listens(desk.anna)
    for verb, mode in (*zip(VERBS, ("coach", "barge", "take_over"), strict=True), ("give-back", "listen")):
        answer = await desk.anna.post(f"/calls/{CALL}/{verb}", json=me)
        assert (answer.status_code, answer.json()["mode"]) == (202, mode), answer.text
    told = [one for one in await desk.store.events(call_id=CALL) if one.kind == "listener"]
    assert [one.moved_to for one in told] == ["asked", "coach", "barge", "take_over", "listen"]
    assert {one.actor for one in told} == {ANNA}


async def test_a_supervisors_microphone_is_for_a_room_without_the_caller(desk: Desk) -> None:
    await desk.store.open_call(a_call())
    me = await listens(desk.anna)
    speak: dict[str, Any] = (await desk.anna.post(f"/calls/{CALL}/coach", json=me)).json()["speak"]
    secret = desk.parts.settings.livekit.api_secret.get_secret_value()
    claims = jwt.decode(speak["token"], secret, algorithms=["HS256"])
    assert claims["sub"] == me["listener"]
    assert claims["video"]["room"] == speak["room"] == f"supervisor-{me['listener']}"
    assert claims["video"]["canPublishSources"] == ["microphone"]
    assert claims["video"]["canPublishData"] is False
    assert "roomConfig" not in claims


@pytest.mark.parametrize("verb", VERBS)
async def test_each_way_to_speak_is_a_right_of_its_own(desk: Desk, verb: str) -> None:
    await desk.store.open_call(a_call())
    async with await somebody(desk, Right.READ, Right.LISTEN, Right.ACT, VERBS[verb]) as sam:
        me = await listens(sam)
        for other in VERBS.keys() - {verb}:
            problem(await sam.post(f"/calls/{CALL}/{other}", json=me), "right-missing")
        assert (await sam.post(f"/calls/{CALL}/{verb}", json=me)).status_code == 202
        assert (await sam.post(f"/calls/{CALL}/give-back", json=me)).status_code == 202


async def test_one_at_a_time_is_heard_and_the_other_is_told_who_it_is(desk: Desk) -> None:
    await desk.store.open_call(a_call())
    async with await somebody(desk, Right.LISTEN, Right.COACH, Right.BARGE) as sam:
        mine, theirs = await listens(desk.anna), await listens(sam)
        await desk.anna.post(f"/calls/{CALL}/coach", json=mine)
        told = problem(await sam.post(f"/calls/{CALL}/barge", json=theirs), "supervised")
        assert told["by"] == ANNA
        problem(await sam.post(f"/calls/{CALL}/give-back", json=mine), "not-listening")
    shown = (await desk.anna.get(f"/calls/{CALL}")).json()["listeners"]
    assert {one["name"]: one["mode"] for one in shown} == {"anna": "coach", "sam": "listen"}
    assert set(shown[0]) == {"identity", "name", "state", "mode"}, "not what it was made with"


async def test_nobody_speaks_with_a_caller_who_hears_music(desk: Desk) -> None:
    await desk.store.open_call(a_call())
    me = await listens(desk.anna)
    await desk.store.hold_call(CALL, by="anna", at=START)
    problem(await desk.anna.post(f"/calls/{CALL}/barge", json=me), "on-hold")
    await desk.store.resume_call(CALL, by="anna", at=START)
    await requested(desk.store)
    problem(await desk.anna.post(f"/calls/{CALL}/take-over", json=me), "handoff-open")
    assert (await desk.anna.post(f"/calls/{CALL}/coach", json=me)).status_code == 202, "nobody else hears it"


async def test_a_call_that_is_over_or_not_heard_cannot_be_supervised(desk: Desk) -> None:
    await desk.store.open_call(a_call())
    stranger = {"listener": "listener-of-somebody"}
    problem(await desk.anna.post(f"/calls/{CALL}/coach", json=stranger), "not-listening")
    problem(await desk.anna.post("/calls/none/coach", json=stranger), "unknown-call")
    me = await listens(desk.anna)
    await desk.store.end_call(CALL, CallEnd.GOODBYE, job=HOLDER, at=START)
    problem(await desk.anna.post(f"/calls/{CALL}/coach", json=me), "call-over")
