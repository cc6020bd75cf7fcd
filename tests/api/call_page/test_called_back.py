"""A promised call back: the link waits, rings once, and then no longer works."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from people.call_back_link import hash_of
from persistence.people import NOT_YET, EntryId, OfferId
from persistence.records import CallEnd, CallId, JobId
from tests.contract.building import CALL, HOLDER, START, a_call
from tests.contract.people.building import ANNA, an_entry, is_there, rings
from tests.support.api.call_page import OWN_PAGE as OWN
from tests.support.api.call_page import claims_of
from tests.support.api.desk import Desk, problem

SECOND = CallId("call-2")


async def promised(shop: Desk) -> str:
    """Make a call back that is due, and return its link's token."""
    await shop.store.open_call(a_call())
    entry = an_entry(
        call_id=CALL, id=EntryId("back"), call_back=True, not_before=NOT_YET, link_hash=hash_of("a-link")
    )
    await shop.store.enter_queue(entry)
    await shop.store.end_call(CALL, CallEnd.GOODBYE, job=HOLDER, at=START)
    return "a-link"


async def looks(shop: Desk, link: str) -> dict[str, Any]:
    answer = await shop.nobody.post("/call/back", headers=OWN, json={"link": link})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_a_link_rings_once_a_person_has_taken_the_call_back_and_is_answered(shop: Desk) -> None:
    link = await promised(shop)
    assert await looks(shop, link) == {"state": "waiting", "place": 1, "minutes": None}
    assert await looks(shop, "another") == {"state": "over", "place": None, "minutes": None}
    early = await shop.nobody.post("/call/back/answer", headers=OWN, json={"link": link})
    assert problem(early, "call-over")["status"] == 409

    await is_there(shop.store, ANNA)
    entry = await shop.store.call_back_of(hash_of(link))
    assert entry is not None
    (offer,) = await rings(shop.store, entry, ANNA, at=START)
    await shop.store.accept_offer(offer.id, ANNA, connect_within_s=60, at=START)

    assert (await looks(shop, link))["state"] == "ringing"
    answered = await shop.nobody.post("/call/back/answer", headers=OWN, json={"link": link})
    claims = claims_of(shop, answered)
    assert claims["attributes"]["baton.call_back"] == offer.id
    assert claims["video"]["room"].startswith("page-")
    await shop.store.open_call(replace(a_call(), id=SECOND, room="another", holder_job=JobId("job-2")))
    await shop.store.answer_call_back(OfferId(offer.id), SECOND, by="job-2", at=START)
    assert (await looks(shop, link))["state"] == "over"


async def test_whoever_guesses_links_is_slowed_down(shop: Desk) -> None:
    for number in range(120):
        await looks(shop, f"guess-{number}")
    refused = await shop.nobody.post("/call/back", headers=OWN, json={"link": "one more"})
    assert problem(refused, "too-many-calls")["status"] == 429
    foreign = await shop.nobody.post(
        "/call/back", headers={"Origin": "https://a.example"}, json={"link": "x"}
    )
    assert problem(foreign, "foreign-origin")["status"] == 403
