"""What a person does with a caller in a talk: hold, hand over by a directory of who is available."""

from __future__ import annotations

from dataclasses import replace

import httpx

from persistence.people import Offer
from persistence.records import RoleName
from tests.api.people.test_desk import ANNA, BEN, available, ben, desk, rung
from tests.contract.building import CALL, a_call
from tests.contract.people.building import waits
from tests.support.api.desk import Desk, problem

__all__ = ["ben", "desk"]  # fixtures
ONWARD = {"target": "billing", "reason": "they were charged twice"}


async def talking(desk: Desk, ben: httpx.AsyncClient) -> Offer:
    """Let Ben, who may only take calls, talk with a caller."""
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


async def test_a_person_has_keys_pressed_for_their_own_caller(desk: Desk, ben: httpx.AsyncClient) -> None:
    offer = await talking(desk, ben)
    address = f"/desk/offers/{offer.id}/keys"
    assert "w" in problem(await ben.post(address, json={"keys": "one"}), "keys-refused")["right"]
    problem(await ben.post(address, json={"keys": "4711"}), "keys-not-sent")  # there is no livekit-server
    (asked,) = await desk.store.requests(offer.call_id)
    assert (asked.words, asked.requested_by, asked.state) == ("4 for the caller's telephone", BEN, "failed")


async def test_nobody_acts_on_a_caller_who_is_not_with_them(desk: Desk, ben: httpx.AsyncClient) -> None:
    await available(ben)
    _, (offer,) = await rung(desk, BEN)
    for act, body in {"hold": {}, "resume": {}, "keys": {"keys": "1"}, "hand-over": ONWARD}.items():
        address = f"/desk/offers/{offer.id}/{act}"
        problem(await ben.post(address, json=body), "offer-over")
        problem(await desk.anna.post(address, json=body), "unknown-offer")
    assert not await desk.store.handoffs(call_id=offer.call_id)


async def test_a_person_hands_over_to_one_of_a_roles_people_by_name(
    desk: Desk, ben: httpx.AsyncClient
) -> None:
    await desk.store.open_call(a_call())
    asked = {**ONWARD, "target": "service-desk", "person": BEN}
    for wrong in ("nobody", "anna"):  # no such person; the person who asks
        problem(
            await desk.anna.post(f"/calls/{CALL}/handoffs", json={**asked, "person": wrong}),
            "person-not-allowed",
        )
    problem(
        await desk.anna.post(f"/calls/{CALL}/handoffs", json={**ONWARD, "person": BEN}), "person-not-allowed"
    )
    asked_for = await desk.anna.post(f"/calls/{CALL}/handoffs", json=asked)
    assert (asked_for.status_code, asked_for.json()["person"]) == (201, BEN)


async def test_a_person_hands_over_to_a_colleague_of_the_same_role_by_name_alone(
    desk: Desk, ben: httpx.AsyncClient
) -> None:
    await desk.store.open_call(replace(a_call(), holder_role=RoleName("service-desk")))
    offer = await talking(desk, ben)
    asked = {**ONWARD, "target": "service-desk"}
    address = f"/desk/offers/{offer.id}/hand-over"
    problem(await ben.post(address, json=asked), "target-not-allowed")
    of_anna = {**asked, "person": BEN}  # who has the caller already
    problem(await desk.anna.post(f"/calls/{CALL}/handoffs", json=of_anna), "person-not-allowed")
    handed = await ben.post(address, json={**asked, "person": ANNA})
    assert (handed.status_code, handed.json()["person"]) == (202, ANNA)


async def test_a_person_asks_for_help_and_every_supervisor_sees_it_until_it_is_over(
    desk: Desk, ben: httpx.AsyncClient
) -> None:
    offer = await talking(desk, ben)
    problem(await desk.anna.post(f"/desk/offers/{offer.id}/help"), "unknown-offer")
    desk.clock.at += 1_000
    for _ in range(2):  # once is enough
        asked = await ben.post(f"/desk/offers/{offer.id}/help")
        assert (asked.status_code, asked.json()["help"]) == (200, "asked")
    expected = {"call_id": offer.call_id, "person": BEN, "role": "service-desk", "asked_at": desk.clock.at}
    assert (await desk.vera.get("/help")).json()["items"] == [expected]
    problem(await ben.get("/help"), "right-missing")
    assert (await ben.post(f"/desk/offers/{offer.id}/help/withdraw")).json()["help"] == "withdrawn"
    assert (await desk.vera.get("/help")).json()["items"] == []
    await ben.post(f"/desk/offers/{offer.id}/help")
    await desk.store.end_talk(offer.id, at=desk.clock.at)
    assert (await desk.vera.get("/help")).json()["items"] == []
    problem(await ben.post(f"/desk/offers/{offer.id}/help"), "offer-over")


async def test_the_note_survives_a_reload_of_the_page_while_it_is_written(
    desk: Desk, ben: httpx.AsyncClient
) -> None:
    offer = await talking(desk, ben)
    address = f"/desk/offers/{offer.id}/note"
    assert (await ben.post(address, json={"note": "they were only"})).status_code == 200
    problem(await desk.anna.post(address, json={"note": "not Anna's"}), "unknown-offer")
    problem(await ben.post(address, json={"note": "x" * 2_001}), "not-valid")
    (shown,) = (await ben.get("/desk")).json()["offers"]
    assert (shown["note"], shown["wrapped_up_at"]) == ("they were only", None)
    await desk.store.end_talk(offer.id, at=desk.clock.at)
    await ben.post(f"/desk/offers/{offer.id}/wrap-up", json={"code": "solved", "note": "curious"})
    problem(await ben.post(address, json={"note": "too late"}), "offer-over")


async def test_the_directory_says_who_is_there_and_how_many_wait(desk: Desk, ben: httpx.AsyncClient) -> None:
    async def place(role: str) -> dict[str, object]:
        places = (await ben.get("/desk/directory")).json()["places"]
        return next(one for one in places if one["role"] == role)

    def is_there(anna: str) -> list[dict[str, str]]:
        return [{"person": who, "state": state, "reason": ""} for who, state in ((ANNA, anna), (BEN, "away"))]

    closed = {"role": "service-desk", "name": "the service team", "available": 0, "waiting": 0}
    assert await place("service-desk") == closed | {"is_open": False, "people": is_there("away")}
    assert (await place("billing"))["is_open"], "a model is always there"
    await available(desk.anna)
    await waits(desk.store, 2, people=(ANNA,))
    assert await place("service-desk") == closed | {
        "is_open": True,
        "available": 1,
        "waiting": 1,
        "people": is_there("available"),
    }
