"""A person who may no longer take calls is removed from the talk that they are in."""

from __future__ import annotations

from typing import Any, cast

import pytest

from operators.acts import ActContext
from operators.acts.talks import LOOK_EVERY_S, look_at_talks
from operators.auth.access import add_operator, renew_operator
from operators.auth.gate import Gate
from persistence.access import Right, Rights
from persistence.people import Offer
from persistence.records import CallEnd, JobId
from settings import AccessSettings
from tests.contract.building import START
from tests.contract.people.building import ANNA, BEN, is_there, rings, takes, waits
from tests.support.memory_store import MemoryStore
from transfer.desk_protocol import person_in, room_of

DESK: Rights = frozenset({Right.DESK})
EXPIRES_AT = START + 100


class Clock:
    def __init__(self) -> None:
        self.at = START

    def now_ms(self) -> int:
        return self.at


class Rooms:
    def __init__(self) -> None:
        self.removed: list[tuple[str, str]] = []

    async def remove_participant(self, room: str, identity: str) -> None:
        self.removed.append((room, identity))


class Floor:
    """Anna and Ben are at their desks, and Anna has a caller."""

    def __init__(self) -> None:
        self.store, self.rooms, self.clock = MemoryStore(), Rooms(), Clock()
        self.context = ActContext(self.store, cast(Any, self.rooms), (), self.clock, handoffs_per_call=5)
        self.gate = Gate(self.store, self.clock, AccessSettings())

    async def open(self, *, are_operators: bool = True) -> Offer:
        if are_operators:
            await add_operator(self.store, ANNA, DESK, self.clock, expires_at=EXPIRES_AT)
            await add_operator(self.store, BEN, DESK, self.clock)
        await is_there(self.store, ANNA, BEN)
        talk, _ = await rings(self.store, await waits(self.store), ANNA, BEN)
        talk = await takes(self.store, talk)
        return await self.store.connect_talk(talk.id, at=START)

    async def look(self) -> list[tuple[str, str]]:
        """Look at the talks once, and return who is removed."""
        self.rooms.removed = []
        await look_at_talks(self.context, self.gate.may_take_calls)
        return self.rooms.removed


@pytest.mark.parametrize("how", ["revoked", "expired", "without the right"])
async def test_finding_2_a_person_who_may_no_longer_is_taken_out_of_their_talk_each_time_they_come(
    how: str,
) -> None:
    floor = Floor()
    talk = await floor.open()
    assert await floor.look() == []
    if how == "revoked":
        await floor.store.revoke_operator(ANNA, at=START)
    elif how == "expired":
        floor.clock.at = EXPIRES_AT
    else:
        await renew_operator(floor.store, ANNA, rights=frozenset({Right.READ}), expires_at=None)
    out = [(room_of(talk.id), person_in(talk.id))]
    assert await floor.look() == out
    assert await floor.look() == out, "livekit-server lets them in again for some minutes"
    await floor.store.end_call(talk.call_id, CallEnd.GOODBYE, job=JobId("job-1"), at=START + 5)
    assert await floor.look() == []
    assert LOOK_EVERY_S <= 1.0, "they are out within five seconds, with a server that answers late"


async def test_a_person_with_a_new_token_stays_in_their_talk_and_so_does_one_on_a_telephone() -> None:
    floor = Floor()
    await floor.open()
    await renew_operator(floor.store, ANNA, rights=None, expires_at=None)
    assert await floor.look() == []
    without_tokens = Floor()
    await without_tokens.open(are_operators=False)
    assert await without_tokens.look() == []
