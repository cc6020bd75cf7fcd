"""The part `bridge`: both ways through the bridge of a real talk, compared with a direct track."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass

import numpy as np

from bench.people.figures import between, delay_ms
from bench.people.office import Office, greeting, says, until_shown
from bench.support.environment import NotMeasured
from local.caller.caller import Caller
from local.caller.tape import RATE_HZ, Samples
from local.caller.token import caller_token
from local.desk.client import Desk
from transfer.protocol import is_agents

_ASKS = "I would like to speak with a real person"
_LIMIT_S, _AFTER_S, _EVERY_S = 30.0, 1.5, 5.0
_CALLER, _DIRECT = "caller", "direct"


@dataclass(frozen=True, slots=True)
class Bridged:
    """One line, said by both: how much later the bridge brings it than a direct track, in ms, each way."""

    at_s: float
    to_caller_ms: float
    to_person_ms: float


async def bridged(office: Office, desk: Desk, seconds: float) -> list[Bridged]:
    """Play a talk of this length, and measure every five seconds. Raises: NotMeasured."""
    async with office.caller() as (caller, room, _), AsyncExitStack() as opened:
        await says(caller, _ASKS)
        offer = await desk.rings(limit_s=_LIMIT_S)
        await desk.accept(offer)
        own_room = await opened.enter_async_context(desk.enter(offer))
        await until_shown(own_room, "brief")
        await own_room.does("put_through")
        await until_shown(own_room, "talking")
        livekit = office.stack.livekit
        token = caller_token(
            livekit.api_key, livekit.api_secret, room=room, identity=_DIRECT, agent_name=None
        )
        direct = await opened.enter_async_context(Caller.join(livekit.url, token))
        proxy = next(one for one in own_room.person.others if is_agents(one))
        found, began_s = [], asyncio.get_running_loop().time()
        while (at_s := asyncio.get_running_loop().time() - began_s) < seconds:
            found.append(await _measured(at_s, caller, own_room.person, direct, proxy))
            await asyncio.sleep(_EVERY_S - (asyncio.get_running_loop().time() - began_s - at_s))
        await own_room.hangs_up()
        return found


async def _measured(at_s: float, caller: Caller, person: Caller, direct: Caller, proxy: str) -> Bridged:
    """Compare with `direct`, who says the person's line to the caller without the bridge and hears them."""
    to_caller = await _ways(person, caller, proxy), await _ways(direct, caller, _DIRECT)
    said = await _says(caller)
    await asyncio.sleep(_AFTER_S)
    to_person = _delay(said, caller, person, proxy), _delay(said, caller, direct, _CALLER)
    return Bridged(at_s, to_caller[0] - to_caller[1], to_person[0] - to_person[1])


async def _ways(speaker: Caller, ear: Caller, through: str) -> float:
    said = await _says(speaker)
    await asyncio.sleep(_AFTER_S)
    return _delay(said, speaker, ear, through)


async def _says(speaker: Caller) -> tuple[int, int]:
    """Say the greeting. Returns when it began and ended, in ms of the speaker's clock."""
    span = await speaker.play(greeting())
    return span.start_ms, span.end_ms


def _delay(said: tuple[int, int], speaker: Caller, ear: Caller, through: str) -> float:
    """Return the delay from the speaker's microphone to the ear's track of `through`.

    The two clocks differ by their zero.
    """
    since, until = said[0] - 200, said[1] + round(1000 * _AFTER_S)
    apart_ms = speaker.now_ms - ear.now_ms
    one = between(_padded(speaker.said(), until), since, until)
    two = between(_padded(ear.audio(through), until - apart_ms), since - apart_ms, until - apart_ms)
    if not two.any():
        raise NotMeasured(f"nothing was heard of {through}")
    return delay_ms(one, two)


def _padded(samples: Samples, until_ms: int) -> Samples:
    missing = until_ms * RATE_HZ // 1000 - len(samples)
    return np.pad(samples, (0, max(0, missing)))
