"""A caller at Anna's desk."""

from __future__ import annotations

from persistence.people import OfferId, Person
from tests.contract.people.building import rings, waits
from tests.support.api.desk import ANNA, Desk


async def offered(desk: Desk) -> str:
    """Let a caller ring at Anna's desk. Returns the offer's address."""
    await desk.anna.post("/desk/presence", json={"state": "available"})
    entry = await waits(desk.store, people=(Person(ANNA),), wrap_up=True)
    (offer,) = await rings(desk.store, entry, Person(ANNA), at=desk.clock.at)
    return f"/desk/offers/{offer.id}"


async def talked(desk: Desk) -> str:
    """As `offered`, after caller and person have talked."""
    address = await offered(desk)
    await desk.anna.post(f"{address}/accept")
    offer_id = OfferId(address.rpartition("/")[2])
    await desk.store.connect_talk(offer_id, at=desk.clock.at)
    await desk.store.end_talk(offer_id, at=desk.clock.at)
    return address
