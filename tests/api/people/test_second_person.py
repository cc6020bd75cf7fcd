"""A second person in a talk, by HTTP: who may be asked, who has the caller, and who leaves."""

from __future__ import annotations

import httpx
import pytest

from persistence.people import Offer, OfferId
from tests.api.people.test_desk import ANNA, available, ben, desk
from tests.api.people.test_desk_talk import ONWARD, talking
from tests.contract.people.building import rings
from tests.support.api.desk import Desk, problem

__all__ = ["ben", "desk"]  # fixtures
ASKED = {"role": "service-desk", "reason": "may I refund them?"}


async def comes(desk: Desk) -> Offer:
    """Anna, who was asked in, talks with the caller as well."""
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
