"""A second person in a talk, by HTTP: who may be asked, who has the caller, and who leaves."""

from __future__ import annotations

import shutil
from pathlib import Path

import httpx
import pytest

from operators.auth.access import add_operator
from persistence.access import Right
from persistence.people import Offer, OfferId
from tests.api.people.test_desk import ANNA, BEN, CARD, PEOPLE, ROLE, ROSTER, available, ben, desk
from tests.api.people.test_desk_talk import ONWARD, talking
from tests.contract.people.building import rings
from tests.support.api.desk import Desk, StillClock, client, opened_desk, problem

__all__ = ["ben", "desk"]  # fixtures
ASKED = {"role": "service-desk", "reason": "may I refund them?"}


async def comes(desk: Desk) -> Offer:
    """Let Anna, who was asked in, talk with the caller too."""
    (entry,) = await desk.store.queue()
    (offer,) = await rings(desk.store, entry, ANNA, at=desk.clock.at)
    assert (await desk.anna.post(f"/desk/offers/{offer.id}/accept")).status_code == 200
    desk.clock.at += 1_000
    return await desk.store.connect_talk(offer.id, at=desk.clock.at)


async def test_a_second_person_is_asked_in_by_role_or_name_and_reads_who_asks_and_why(
    desk: Desk, ben: httpx.AsyncClient
) -> None:
    offer = await talking(desk, ben)
    await available(desk.anna)
    address = f"/desk/offers/{offer.id}/second"
    problem(await desk.anna.post(address, json=ASKED), "unknown-offer")
    problem(await ben.post(address, json={**ASKED, "role": "billing"}), "target-not-allowed")  # a model's
    problem(await ben.post(address, json={**ASKED, "person": "ben"}), "person-not-allowed")
    problem(await ben.post(address, json={**ASKED, "reason": "<b>"}), "words-refused")
    asked = await ben.post(address, json=ASKED)
    assert (asked.status_code, asked.json()) == (202, {"role": "service-desk", "people": [ANNA]})
    problem(await ben.post(address, json={**ASKED, "person": ANNA}), "second-person")
    assert not (await ben.get("/queue")).json()["waiting"], "no caller waits"
    (entry,) = await desk.store.queue()
    (ringing,) = await rings(desk.store, entry, ANNA, at=desk.clock.at)
    card = (await desk.anna.get(f"/desk/offers/{ringing.id}/card")).json()
    assert (card["asked_by"], card["matter"]) == ("ben", "may I refund them?")

    assert (await ben.post(f"{address}/dismiss")).status_code == 200
    problem(await desk.anna.post(f"/desk/offers/{ringing.id}/accept"), "offer-over")
    assert (await ben.post(address, json=ASKED)).status_code == 202, "somebody else may be asked"


async def test_who_was_asked_in_holds_and_leaves_but_hands_nobody_over(
    desk: Desk, ben: httpx.AsyncClient
) -> None:
    offer = await talking(desk, ben)
    await available(desk.anna)
    problem(await ben.post(f"/desk/offers/{offer.id}/leave"), "nobody-else")
    await ben.post(f"/desk/offers/{offer.id}/second", json=ASKED)
    second = await comes(desk)
    problem(await desk.anna.post(f"/desk/offers/{second.id}/hand-over", json=ONWARD), "second-person")
    problem(await desk.anna.post(f"/desk/offers/{second.id}/second", json=ASKED), "second-person")
    assert (await desk.anna.post(f"/desk/offers/{second.id}/hold")).status_code == 202
    assert (await ben.post(f"/desk/offers/{offer.id}/resume")).status_code == 202
    assert (await desk.anna.post(f"/desk/offers/{second.id}/leave")).status_code == 200
    problem(await ben.post(f"/desk/offers/{offer.id}/leave"), "nobody-else")


async def test_the_first_person_leaves_and_the_second_has_the_caller(
    desk: Desk, ben: httpx.AsyncClient
) -> None:
    offer = await talking(desk, ben)
    await available(desk.anna)
    await ben.post(f"/desk/offers/{offer.id}/second", json=ASKED)
    second = await comes(desk)
    assert (await ben.post(f"/desk/offers/{offer.id}/leave")).json()["ended_at"] == desk.clock.at
    problem(await ben.post(f"/desk/offers/{offer.id}/hold"), "offer-over")
    handed = await desk.anna.post(f"/desk/offers/{second.id}/hand-over", json=ONWARD)
    assert (handed.status_code, handed.json()["requested_by"]) == (202, ANNA)


@pytest.mark.parametrize("connected", [False, True])
async def test_whoever_has_the_caller_may_let_the_second_person_go(
    desk: Desk, ben: httpx.AsyncClient, *, connected: bool
) -> None:
    offer = await talking(desk, ben)
    await available(desk.anna)
    await ben.post(f"/desk/offers/{offer.id}/second", json=ASKED)
    (entry,) = await desk.store.queue()
    if connected:
        second = (await comes(desk)).id
    else:
        (ringing,) = await rings(desk.store, entry, ANNA, at=desk.clock.at)
        await desk.anna.post(f"/desk/offers/{ringing.id}/accept")
        second = ringing.id
    await ben.post(f"/desk/offers/{offer.id}/second/dismiss")
    ended = await desk.store.offer(OfferId(second))
    assert ended is not None
    assert ended.ended_at == desk.clock.at


async def test_what_the_second_persons_role_redacts_is_in_no_words_of_the_first_and_operators_are_refused_it(
    settings_of_nobody: Path, clock: StillClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    roster, number = tmp_path / "roster", "4111 1111 1111 1111"
    shutil.copytree(ROSTER, roster)
    (roster / "people.md").write_text(PEOPLE)
    (roster / "service-desk.md").write_text(ROLE)
    strict = ROLE.replace("service-desk", "cashiers").replace("codes:", "redact: [card]\ncodes:")
    (roster / "cashiers.md").write_text(strict)
    monkeypatch.setenv("BATON_ROSTER_FOLDER", str(roster))
    async with opened_desk(settings_of_nobody, clock) as desk:
        token = await add_operator(desk.store, BEN, frozenset({Right.DESK}), desk.clock)
        async with client(desk.app, token) as ben:
            offer = await talking(desk, ben)
            await available(desk.anna)
            note, told = f"/desk/offers/{offer.id}/note", {"words": f"it is {number}"}
            assert (await ben.post(note, json={"note": number})).json()["note"] == number
            await ben.post(f"/desk/offers/{offer.id}/second", json={**ASKED, "role": "cashiers"})
            assert (await desk.anna.post(f"/calls/{offer.call_id}/notes", json=told)).status_code == 202
            await comes(desk)
            problem(await desk.anna.post(f"/calls/{offer.call_id}/notes", json=told), "words-refused")
            onward = {**ONWARD, "reason": number}
            problem(await ben.post(f"/desk/offers/{offer.id}/hand-over", json=onward), "words-refused")
            assert (await ben.post(note, json={"note": f"{number}."})).json()["note"] == f"{CARD}."
            await desk.store.leave_talk(offer.id, BEN, at=desk.clock.at + 1)
            body = {"code": "solved", "note": number}
            kept = await ben.post(f"/desk/offers/{offer.id}/wrap-up", json=body)
            assert kept.json()["note"] == CARD
