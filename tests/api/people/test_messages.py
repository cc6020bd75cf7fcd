"""Messages for people by HTTP: who sees which, and if two people take one, only one of them has it."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from operators.auth.access import add_operator
from persistence.access import Right
from persistence.messages import Message, MessageId
from persistence.records import RoleName
from tests.contract.building import HOLDER, START, a_call
from tests.contract.people.test_store_messages import a_message
from tests.support.api.desk import Desk, StillClock, client, opened_desk, problem

ROSTER = Path(__file__).parents[3] / "roster"
ROLE = """\
---
role: {role}
kind: person
name: {name}
voice: hannah
people: [{people}]
otherwise: message
---
"""
NIGHT = RoleName("night-desk")


@pytest.fixture
async def desk(
    settings_of_nobody: Path, clock: StillClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Desk]:
    """Anna and Ben are the service team, Cleo the night team; Anna is also an operator with every right."""
    roster = tmp_path / "roster"
    shutil.copytree(ROSTER, roster)
    (roster / "people.md").write_text("---\npeople: [{name: anna}, {name: ben}, {name: cleo}]\n---\n")
    for role, name, people in (
        ("service-desk", "the service team", "anna, ben"),
        (NIGHT, "the night team", "cleo"),
    ):
        (roster / f"{role}.md").write_text(ROLE.format(role=role, name=name, people=people))
    monkeypatch.setenv("BATON_ROSTER_FOLDER", str(roster))
    async with opened_desk(settings_of_nobody, clock) as opened:
        call = replace(a_call(), caller_name="Zoe", caller_number="+4930901820")
        await opened.store.open_call(call)
        for message in (a_message(1), a_message(2, role=NIGHT)):
            await opened.store.leave_message(message, job=HOLDER, at_most=5)
        yield opened


@pytest.fixture
async def ben(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    token = await add_operator(desk.store, "ben", frozenset({Right.DESK}), desk.clock)
    async with client(desk.app, token) as opened:
        yield opened


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["message"]["id"] for item in answer.json()["items"]]


async def test_a_person_sees_the_messages_of_their_roles_and_an_operator_all(
    desk: Desk, ben: httpx.AsyncClient
) -> None:
    assert ids(await ben.get("/messages")) == ["message-1"]
    first = await desk.anna.get("/messages?limit=1")
    assert ids(first) == ["message-2"]
    assert ids(await desk.anna.get(f"/messages?cursor={first.json()['next']}")) == ["message-1"]
    assert ids(await desk.anna.get("/messages?own=true")) == ["message-1"], "as at her desk"
    (shown,) = (await ben.get("/messages")).json()["items"]
    assert (shown["role_name"], shown["message"]["words"]) == ("the service team", "My router is dead.")
    assert (shown["caller_name"], shown["caller_number"]) == ("Zoe", "+4930901820")


async def test_one_takes_it_and_the_other_is_told_by_whom(desk: Desk, ben: httpx.AsyncClient) -> None:
    taken = await ben.post("/messages/message-1/move", json={"state": "taken"})
    assert (taken.json()["message"]["state"], taken.json()["message"]["person"]) == ("taken", "ben")
    told = problem(await desk.anna.post("/messages/message-1/move", json={"state": "taken"}), "message-moved")
    assert (told["person"], told["state"], told["detail"]) == ("ben", "taken", "it is taken, by ben")
    await ben.post("/messages/message-1/move", json={"state": "done"})
    assert ids(await ben.get("/messages?done=false")) == []
    assert ids(await ben.get("/messages?done=true")) == ["message-1"]


async def test_nobody_moves_the_message_of_others(desk: Desk, ben: httpx.AsyncClient) -> None:
    for unknown in ("message-2", "nothing"):
        problem(await ben.post(f"/messages/{unknown}/move", json={"state": "done"}), "unknown-message")
    problem(await ben.post("/messages/message-1/move", json={"state": "lost"}), "not-valid")
    watches = await add_operator(desk.store, "dora", frozenset({Right.READ}), desk.clock)
    async with client(desk.app, watches) as dora:
        assert len(ids(await dora.get("/messages"))) == 2
        problem(await dora.post("/messages/message-1/move", json={"state": "done"}), "right-missing")


async def test_a_call_the_figures_and_prometheus_tell_of_its_messages(desk: Desk) -> None:
    whole = (await desk.anna.get("/calls/call-1")).json()
    assert [message["id"] for message in whole["messages"]] == ["message-1", "message-2"]
    await desk.anna.post("/messages/message-1/move", json={"state": "done"})
    desk.clock.at += 2 * 86_400_000
    metrics = (await desk.anna.get("/metrics")).text
    assert 'baton_queue_messages_total{role="service-desk"} 1.0' in metrics
    assert 'baton_queue_messages_open{role="service-desk"} 0.0' in metrics
    assert 'baton_queue_messages_open{role="night-desk"} 1.0' in metrics
    assert 'baton_queue_oldest_message_seconds{role="service-desk"} 0.0' in metrics
    assert 'baton_queue_oldest_message_seconds{role="night-desk"} 17279' in metrics


async def test_a_number_that_is_kept_as_a_hash_is_shown_to_nobody(desk: Desk, ben: httpx.AsyncClient) -> None:
    call = replace(a_call(call_id="call-2", room="room-2"), caller_number="#a-hash")
    await desk.store.open_call(call)
    left = Message(MessageId("hidden"), call.id, RoleName("service-desk"), NIGHT, "Hello.", "", "", START + 9)
    await desk.store.leave_message(left, job=HOLDER, at_most=5)
    shown = (await ben.get("/messages")).json()["items"][0]
    assert (shown["message"]["id"], shown["caller_number"]) == ("hidden", "")
