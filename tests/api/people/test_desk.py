"""A person's desk by HTTP: presence, offers, wrap-ups; the queue and its figures."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from operators.auth.access import add_operator
from persistence.access import Right
from persistence.people import Offer, Person, QueueEntry
from persistence.records import CallEnd, JobId
from tests.contract.people.building import rings, waits
from tests.support.api.desk import Desk, StillClock, client, opened_desk, problem
from tests.support.api.served import page, served

ROSTER = Path(__file__).parents[3] / "roster"
ANNA, BEN = Person("anna"), Person("ben")
CARD = "[card number ending 1111]"
PEOPLE = "---\npeople:\n  - {name: anna}\n  - {name: ben}\n---\n"
ROLE = """\
---
role: service-desk
kind: person
name: the service team
voice: hannah
people: [anna, ben]
wrap_up: required
codes: [solved]
---
"""


@pytest.fixture
async def desk(
    settings_of_nobody: Path, clock: StillClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Desk]:
    roster = tmp_path / "roster"
    shutil.copytree(ROSTER, roster)
    (roster / "people.md").write_text(PEOPLE)
    (roster / "service-desk.md").write_text(ROLE)
    monkeypatch.setenv("BATON_ROSTER_FOLDER", str(roster))
    async with opened_desk(settings_of_nobody, clock) as opened:
        yield opened


@pytest.fixture
async def ben(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """Ben, who may take calls and do nothing else."""
    token = await add_operator(desk.store, BEN, frozenset({Right.DESK}), desk.clock)
    async with client(desk.app, token) as opened:
        yield opened


async def available(*people: httpx.AsyncClient) -> None:
    for person in people:
        answer = await person.post("/desk/presence", json={"state": "available"})
        assert answer.status_code == 200, answer.text


async def rung(desk: Desk, *people: Person) -> tuple[QueueEntry, list[Offer]]:
    entry = await waits(desk.store, people=people, wrap_up=True)
    return entry, await rings(desk.store, entry, *people, at=desk.clock.at)


async def test_presence_is_on_the_server(desk: Desk, ben: httpx.AsyncClient) -> None:
    problem(await ben.post("/desk/heartbeat"), "no-presence")
    await ben.post("/desk/presence", json={"state": "away", "reason": "lunch"})
    shown = (await ben.get("/desk")).json()
    assert (shown["presence"]["state"], shown["presence"]["reason"]) == ("away", "lunch")
    assert [role["role"] for role in shown["roles"]] == ["service-desk"]
    assert (await ben.post("/desk/heartbeat")).json()["state"] == "away"


async def test_one_accepts_and_the_other_is_told_by_whom(desk: Desk, ben: httpx.AsyncClient) -> None:
    await available(desk.anna, ben)
    _, (annas, bens) = await rung(desk, ANNA, BEN)
    (shown,) = (await ben.get("/desk")).json()["offers"]
    assert (shown["id"], shown["outcome"]) == (bens.id, None)

    taken = (await desk.anna.post(f"/desk/offers/{annas.id}/accept")).json()

    assert taken["outcome"] == "accepted"
    told = problem(await ben.post(f"/desk/offers/{bens.id}/accept"), "offer-over")
    assert (told["taken_by"], told["detail"]) == ("anna", "anna was first")


async def test_nobody_answers_anothers_offer(desk: Desk, ben: httpx.AsyncClient) -> None:
    await available(desk.anna)
    _, (annas,) = await rung(desk, ANNA)
    problem(await ben.post(f"/desk/offers/{annas.id}/accept"), "unknown-offer")


async def test_a_decline_has_a_reason(desk: Desk) -> None:
    await available(desk.anna)
    _, (offer,) = await rung(desk, ANNA)
    problem(await desk.anna.post(f"/desk/offers/{offer.id}/decline", json={}), "not-valid")
    declined = await desk.anna.post(f"/desk/offers/{offer.id}/decline", json={"reason": "lunch"})
    assert declined.json()["reason"] == "lunch"
    problem(await desk.anna.post(f"/desk/offers/{offer.id}/accept"), "offer-over")


async def test_a_wrap_up_is_needed_before_the_next_call(desk: Desk) -> None:
    await available(desk.anna)
    _, (offer,) = await rung(desk, ANNA)
    address = f"/desk/offers/{offer.id}"
    await desk.anna.post(f"{address}/accept")
    await desk.store.connect_talk(offer.id, at=desk.clock.at)
    problem(await desk.anna.post(f"{address}/wrap-up", json={"code": "solved"}), "offer-over")
    await desk.store.end_call(offer.call_id, CallEnd.CALLER_LEFT, job=JobId("job-1"), at=desk.clock.at)

    problem(await desk.anna.post("/desk/presence", json={"state": "available"}), "not-available-yet")
    problem(await desk.anna.post(f"{address}/wrap-up", json={"code": "other"}), "code-unknown")
    written = await desk.anna.post(f"{address}/wrap-up", json={"code": "solved", "note": "a bill"})

    assert written.json()["code"] == "solved"
    assert (await desk.anna.get("/desk")).json()["presence"]["state"] == "available"


async def test_the_queue_is_shown_in_order_with_what_is_to_be_expected(desk: Desk) -> None:
    for number, later_s in ((1, 0), (2, -60)):
        await waits(desk.store, number, people=(ANNA,), started_at=desk.clock.at + 1000 * later_s)
    shown = (await desk.vera.get("/queue")).json()
    assert [(one["entry_id"], one["place"]) for one in shown["waiting"]] == [("entry-2", 1), ("entry-1", 2)]
    assert shown["longest_wait_ms"] == 60_000
    assert shown["waiting"][0]["expected_wait_ms"] is None  # nobody is there
    await available(desk.anna)
    expected = [one["expected_wait_ms"] for one in (await desk.vera.get("/queue")).json()["waiting"]]
    assert expected == [0, 240_000]


async def test_the_figures_are_those_of_the_day(desk: Desk) -> None:
    await available(desk.anna)
    _, (offer,) = await rung(desk, ANNA)
    await desk.anna.post(f"/desk/offers/{offer.id}/accept")
    await desk.store.connect_talk(offer.id, at=desk.clock.at + 10_000)
    await desk.store.end_talk(offer.id, at=desk.clock.at + 70_000)
    figures = (await desk.vera.get("/queue/figures")).json()
    (role,), (person,) = figures["roles"], figures["people"]
    assert (role["answered"], role["in_time"], role["wait_ms"]) == (1, 1, 10_000)
    assert (person["person"], person["talks"], person["talk_ms"]) == ("anna", 1, 60_000)
    lines = (await desk.vera.get("/queue/figures.csv")).text.splitlines()
    assert lines[0].startswith("day,zone,role,person,entered,answered,in_time,abandoned")
    assert lines[1] == "2023-11-14,UTC,service-desk,,1,1,1,0,0,10.0,0,0,0,0,0,,,,,,,"
    assert lines[2] == "2023-11-14,UTC,service-desk,anna,,,,,,,,,,,,1,1,0,0,0,60.0,0.0"
    assert (role["day"], role["zone"]) == ("2023-11-14", "UTC")
    before = (await desk.vera.get("/queue/figures?to=2023-11-13")).json()
    assert (before["roles"], before["people"]) == ([], [])


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("from=yesterday", "?from: should be a day since 2000, such as 2026-11-28"),
        ("to=1700000000", "?to: should be a day since 2000, such as 2026-11-28"),
        ("to=2023-02-29", "?to: should be a day since 2000"),
        ("from=1999-12-31", "?from: should be a day since 2000"),
        ("from=2023-11-14&to=2023-11-13", "?from: should be no later than ?to, 2023-11-13"),
        ("from=2023-10-01&to=2023-11-01", "?from: should leave 31 days at most"),
        ("from=2023-10-01", "?from: should leave 31 days at most"),
    ],
)
async def test_a_bad_day_is_refused_with_what_would_be_right(desk: Desk, query: str, told: str) -> None:
    refused = problem(await desk.vera.get(f"/queue/figures?{query}"), "not-valid")
    assert refused["detail"].startswith(told)


async def test_the_metrics_have_the_queue(desk: Desk) -> None:
    await available(desk.anna)
    await waits(desk.store, people=(BEN,))
    text = (await desk.anna.get("/metrics")).text
    assert "baton_queue_callers 1.0" in text
    assert 'baton_people{state="available"} 1.0' in text
    assert 'baton_people{state="away"} 0.0' in text
    assert "baton_call_backs_due 0.0" in text
    assert 'baton_queue_entered_total{role="service-desk"} 1.0' in text
    assert 'baton_queue_abandoned_total{role="service-desk"} 0.0' in text
    assert 'baton_talk_seconds_total{role="service-desk"} 0.0' in text


async def test_a_person_follows_what_concerns_desks_and_nothing_else(
    desk: Desk, ben: httpx.AsyncClient
) -> None:
    token = await add_operator(desk.store, "cleo", frozenset({Right.DESK}), desk.clock)
    async with served(desk) as address, page(address, token) as followed:
        await waits(desk.store, people=(ANNA,))
        event = await followed.next()
    assert (event["kind"], event["subject"], event["moved_to"]) == ("queue", "entry-1", "waiting")


async def test_a_desk_alone_reads_no_calls(desk: Desk, ben: httpx.AsyncClient) -> None:
    problem(await ben.get("/calls"), "right-missing")
    problem(await ben.get("/queue/figures.csv?target_s=0"), "not-valid")
    problem(await desk.vera.get("/desk"), "right-missing")


async def test_what_a_role_redacts_is_in_no_note_that_a_person_writes_of_its_calls(
    settings_of_nobody: Path, clock: StillClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    roster = tmp_path / "roster"
    shutil.copytree(ROSTER, roster)
    (roster / "people.md").write_text(PEOPLE)
    (roster / "service-desk.md").write_text(ROLE.replace("codes:", "redact: [card]\ncodes:"))
    monkeypatch.setenv("BATON_ROSTER_FOLDER", str(roster))
    async with opened_desk(settings_of_nobody, clock) as desk:
        await available(desk.anna)
        entry, (offer,) = await rung(desk, ANNA)
        address = f"/desk/offers/{offer.id}"
        said = {"reason": "4111 1111 1111 1111 was refused"}
        declined = (await desk.anna.post(f"{address}/decline", json=said)).json()
        assert declined["reason"] == f"{CARD} was refused"
        clock.at += 61_000
        (offer,) = await rings(desk.store, entry, ANNA, at=clock.at)
        address = f"/desk/offers/{offer.id}"
        await desk.anna.post(f"{address}/accept")
        await desk.store.connect_talk(offer.id, at=clock.at)
        written = [
            ("pays with 4111 1111 1111 11", "pays with "),
            ("pays with 4111 1111 1111 1111, since", f"pays with {CARD}, since"),
        ]
        for words, kept in written:
            assert (await desk.anna.post(f"{address}/note", json={"note": words})).json()["note"] == kept
        await desk.store.end_call(offer.call_id, CallEnd.CALLER_LEFT, job=JobId("job-1"), at=clock.at)
        body = {"code": "solved", "note": "4111 1111 1111 1111"}
        assert (await desk.anna.post(f"{address}/wrap-up", json=body)).json()["note"] == CARD
