"""The part `accept`: from "put them through" to the person's voice, and its seam beside a model's."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bench.people.figures import first_sound_ms, last_sound_ms
from bench.people.office import Office, greeting, says, speaks, until_shown
from bench.support.environment import NotMeasured
from local.caller.caller import Caller
from local.desk.client import Desk

_ASKS = "I would like to speak with a real person"
_OF_A_MODEL = "I was charged twice for my last invoice"
_LIMIT_S, _READS_S, _ENOUGH_S = 30.0, 2.5, 1.0


@dataclass(frozen=True, slots=True)
class Accepted:
    """`after_ms`: from the click to the person's first sound. `seam_ms`: the silence before it."""

    after_ms: int
    seam_ms: int


async def person_takes(office: Office, desk: Desk) -> Accepted:
    """Play one call. The person speaks all the time, so the bridge's first sound is the earliest possible."""
    async with office.caller() as (caller, _, _):
        (holder,) = caller.speakers()
        await says(caller, _ASKS)
        offer = await desk.rings(limit_s=_LIMIT_S)
        await desk.accept(offer)
        async with desk.enter(offer) as own_room:
            await until_shown(own_room, "brief")
            speaking = asyncio.create_task(speaks(own_room.person, [greeting()]))
            try:
                await asyncio.sleep(_READS_S)
                clicked_ms = caller.now_ms
                await own_room.does("put_through")
                person = await another(caller, holder)
                await until_shown(own_room, "talking")
            finally:
                speaking.cancel()
                await asyncio.gather(speaking, return_exceptions=True)
            await own_room.hangs_up()
        heard = first_sound_ms(caller.sounds(person), since_ms=clicked_ms)
        if heard is None:
            raise NotMeasured("the person was not heard")
        return Accepted(heard - clicked_ms, heard - last_of(caller, holder, heard))


async def model_takes(office: Office) -> int:
    """Return the same seam in ms, when the target is a model."""
    async with office.caller() as (caller, _, _):
        (holder,) = caller.speakers()
        await says(caller, _OF_A_MODEL)
        target = await another(caller, holder)
        heard = first_sound_ms(caller.sounds(target), since_ms=0)
        if heard is None:
            raise NotMeasured("the model was not heard")
        return heard - last_of(caller, holder, heard)


async def another(caller: Caller, holder: str) -> str:
    """Listen until another voice was heard long enough to place its first sound. Returns its identity."""
    found = await caller.hears(other_than={holder}, since_ms=0, limit_s=_LIMIT_S)
    await asyncio.sleep(_ENOUGH_S)
    return found


def last_of(caller: Caller, holder: str, before_ms: int) -> int:
    """Return when the caller last heard the holder that hands over: words or music."""
    lanes = [caller.sounds(holder), caller.sounds(music=True)]
    return max(last_sound_ms(lane, since_ms=0, until_ms=before_ms) for lane in lanes)
