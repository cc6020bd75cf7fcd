"""What a person does with the caller they talk with: hold, hand over, by a directory of who is there."""

from __future__ import annotations

import httpx

from persistence.people import Offer
from tests.api.people.test_desk import ANNA, BEN, available, ben, desk, rung
from tests.contract.people.building import waits
from tests.support.api.desk import Desk, problem

__all__ = ["ben", "desk"]  # fixtures
ONWARD = {"target": "billing", "reason": "they were charged twice"}


async def talking(desk: Desk, ben: httpx.AsyncClient) -> Offer:
    """Ben, who may do nothing but take calls, talks with a caller."""
    await available(ben)
    _, (offer,) = await rung(desk, BEN)
    await ben.post(f"/desk/offers/{offer.id}/accept")
    return await desk.store.connect_talk(offer.id, at=desk.clock.at)


async def test_a_person_puts_their_own_caller_on_hold_and_takes_them_off(
    desk: Desk, ben: httpx.AsyncClient
) -> None:
    offer = await talking(desk, ben)
    held = await ben.post(f"/desk/offers/{offer.id}/hold")
    assert (held.status_code, held.json()["held_by"]) == (202, BEN)
    problem(await ben.post(f"/desk/offers/{offer.id}/hold"), "on-hold")
    assert (await ben.post(f"/desk/offers/{offer.id}/resume")).json()["held_by"] is None
    problem(await ben.post(f"/desk/offers/{offer.id}/resume"), "not-on-hold")


async def test_a_person_hands_their_own_caller_over_with_words_for_the_next(
    desk: Desk, ben: httpx.AsyncClient
) -> None:
    offer = await talking(desk, ben)
    asked = await ben.post(f"/desk/offers/{offer.id}/hand-over", json=ONWARD)
    assert asked.status_code == 202
    (handoff,) = await desk.store.handoffs(call_id=offer.call_id)
    assert (handoff.target, handoff.reason, handoff.requested_by) == (*ONWARD.values(), BEN)
    problem(await ben.post(f"/desk/offers/{offer.id}/hand-over", json=ONWARD), "handoff-open")
    problem(await ben.post(f"/desk/offers/{offer.id}/hold"), "handoff-open")


async def test_nobody_acts_on_a_caller_who_is_not_with_them(desk: Desk, ben: httpx.AsyncClient) -> None:
    await available(ben)
    _, (offer,) = await rung(desk, BEN)
    for act, body in {"hold": {}, "resume": {}, "hand-over": ONWARD}.items():
        address = f"/desk/offers/{offer.id}/{act}"
        problem(await ben.post(address, json=body), "offer-over")
        problem(await desk.anna.post(address, json=body), "unknown-offer")
    assert not await desk.store.handoffs(call_id=offer.call_id)


async def test_the_directory_says_who_is_there_and_how_many_wait(desk: Desk, ben: httpx.AsyncClient) -> None:
    async def place(role: str) -> dict[str, object]:
        places = (await ben.get("/desk/directory")).json()["places"]
        return next(one for one in places if one["role"] == role)

    closed = {"role": "service-desk", "name": "the service team", "available": 0, "waiting": 0}
    assert await place("service-desk") == closed | {"is_open": False}
    assert (await place("billing"))["is_open"], "a model is always there"
    await available(desk.anna)
    await waits(desk.store, 2, people=(ANNA,))
    assert await place("service-desk") == closed | {"is_open": True, "available": 1, "waiting": 1}
