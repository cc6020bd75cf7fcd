"""A caller leaves for a person's telephone: the row comes first, and there is one outcome. Virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from agents.phone.leaving import Leaving, Way
from agents.phone.outcome import Referred, referred_of
from errors import StaleHandoff, StoreError
from persistence.phones import DialId, DialState, Refer
from tests.support.fakes import LoopClock

pytestmark = pytest.mark.looptime

ANSWERS_AFTER_S = 3.0


class World:
    """`lost`: what the store raises. `outcome`: the answer of the caller's provider."""

    def __init__(self, outcome: Refer = Refer.LEFT, lost: Exception | None = None) -> None:
        self.happened: list[str] = []
        self._outcome, self._lost = outcome, lost
        way = Way(
            room="call-1", caller="sip_1", to="tel:+4930123456", headers={}, rings_s=20, told=self._tell
        )
        self.leaving = Leaving(self, LoopClock(), self, DialId("dial-1"), way)  # type: ignore[arg-type]

    async def refer_dial(self, _: DialId, refer: Refer, *, at: int) -> None:
        if self._lost is not None:
            raise self._lost
        self.happened.append(refer)

    async def refer(
        self, room: str, identity: str, to: str, *, rings_s: float, headers: Mapping[str, str]
    ) -> Referred:
        self.happened.append(to)
        await asyncio.sleep(ANSWERS_AFTER_S)
        return Referred(self._outcome, DialState.BUSY)

    async def _tell(self) -> None:
        await asyncio.sleep(ANSWERS_AFTER_S / 2)
        self.happened.append("told")


@pytest.mark.parametrize("outcome", [Refer.LEFT, Refer.REFUSED, Refer.BUSY, Refer.FAILED])
async def test_the_row_comes_before_the_provider_and_again_after(outcome: Refer) -> None:
    world = World(outcome)
    assert await world.leaving.ask() is outcome
    assert world.happened == ["asked", "tel:+4930123456", "told", outcome]


@pytest.mark.parametrize("lost", [StaleHandoff("over"), StoreError("away")])
async def test_without_its_row_nobody_is_asked(lost: Exception) -> None:
    world = World(lost=lost)
    assert await world.leaving.ask() is Refer.FAILED
    assert world.happened == []
    assert not await world.leaving.has_left(1)


@pytest.mark.parametrize("outcome", [Refer.LEFT, Refer.BUSY])
async def test_a_caller_who_is_seen_gone_before_the_answer_has_left_if_the_answer_says_so(
    outcome: Refer,
) -> None:
    world = World(outcome)
    asking = asyncio.create_task(world.leaving.ask())
    await asyncio.sleep(ANSWERS_AFTER_S - 1)
    assert await world.leaving.has_left(2) is (outcome is Refer.LEFT)
    await asking


async def test_a_caller_whose_provider_never_answers_has_hung_up() -> None:
    world = World()
    asking = asyncio.create_task(world.leaving.ask())
    await asyncio.sleep(0)
    assert not await world.leaving.has_left(2)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


def test_what_a_refusal_means_is_in_its_sip_status() -> None:
    told = {status: referred_of(status, "canceled") for status in (486, 600, 603, 404, 405, None)}
    assert [each.refer for each in told.values()] == [*[Refer.BUSY] * 2, *[Refer.REFUSED] * 3, Refer.FAILED]
    assert [each.outcome for each in told.values()] == [
        *[DialState.BUSY] * 2,
        DialState.DECLINED,
        DialState.WRONG_NUMBER,
        DialState.UNREACHABLE,
        DialState.NO_ANSWER,
    ]
