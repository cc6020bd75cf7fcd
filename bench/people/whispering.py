"""The part `whisper`: a tone under the brief, and a coaching supervisor's tone, at the caller's ear."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import aiohttp

from bench.people.figures import FAR_BELOW_DB, below_db, between, tone_level
from bench.people.office import FRONT, ROLE, TONE_HZ, Office, speaks, tone, until_shown
from bench.soak.environment import Environment
from bench.support.environment import NotMeasured
from local.caller.caller import Caller
from local.desk.client import Desk, OwnRoom
from local.desk.supervisor import Supervisor, supervising
from persistence.records import CallId

COACH_HZ = 2_500
"""The supervisor's tone. The brief's tone is under everything its voice says, which callers may also hear."""
_LIMIT_S, _TONE_S, _BRIEF_S, _SETTLES_S, _LOOK_S = 30.0, 1.5, 4.0, 0.5, 0.2
_AUDIBLE = 3_000.0
"""Amplitude from which the person hears it: less than half of what was sent."""


@dataclass(frozen=True, slots=True)
class Whispered:
    """How many dB lower a tone is at the caller's ear than at the person's."""

    what: str
    below_db: float

    @property
    def leaked(self) -> bool:
        return self.below_db < FAR_BELOW_DB


async def whispers(
    office: Office, desk: Desk, http: aiohttp.ClientSession, processes: Environment, *, kill: bool
) -> list[Whispered]:
    """Play a handoff to a person, a supervisor who coaches them, and the way back.

    `kill`: the process between person and caller is killed while the supervisor speaks.
    """
    async with (
        office.caller() as (caller, room, call),
        supervising(http, call, room) as supervisor,
    ):
        await _hand_over(http, call)
        offer = await desk.rings(limit_s=_LIMIT_S)
        await desk.accept(offer)
        rang_ms = caller.now_ms
        async with desk.enter(offer) as own_room:
            await until_shown(own_room, "brief")
            await asyncio.sleep(_BRIEF_S)
            found = [_compared("the brief", TONE_HZ, own_room.person, 0, caller, rang_ms)]
            await own_room.does("put_through")
            await until_shown(own_room, "talking")
            await office.is_with(call, ROLE)
            await supervisor.does("coach")
            found += await _coached(office, caller, own_room, supervisor, call, processes, kill=kill)
        return found


async def _coached(
    office: Office,
    caller: Caller,
    own_room: OwnRoom,
    supervisor: Supervisor,
    call: CallId,
    processes: Environment,
    *,
    kill: bool,
) -> list[Whispered]:
    person = own_room.person
    whispering = asyncio.create_task(speaks(supervisor.voice, [tone(_TONE_S, COACH_HZ)]))
    try:
        since = person.now_ms, caller.now_ms
        await _hears(person, COACH_HZ)
        await asyncio.sleep(_TONE_S)
        found = [_compared("coaching", COACH_HZ, person, since[0], caller, since[1])]
        if kill:
            before = await office.store.call(call)
            since = person.now_ms, caller.now_ms
            if before is None or not await processes.kill(before.holder_job):
                raise NotMeasured("the process between the two was not found")
            await _replaced(office, call, before.holder_job)
            killed_ms = person.now_ms
            await _hears(person, COACH_HZ, since_ms=killed_ms)
            await asyncio.sleep(_TONE_S)
            found.append(_compared("over a killed process", COACH_HZ, person, killed_ms, caller, since[1]))
        since = person.now_ms, caller.now_ms
        await asyncio.sleep(_SETTLES_S)
        await own_room.does("hand_back")
        await office.is_with(call, FRONT)
        await asyncio.sleep(_TONE_S)
        found.append(_compared("over a handoff", COACH_HZ, person, since[0] - 1_500, caller, since[1]))
    finally:
        whispering.cancel()
        await asyncio.gather(whispering, return_exceptions=True)
    return found


def _compared(
    what: str, hz: int, person: Caller, since_ms: int, caller: Caller, caller_since_ms: int
) -> Whispered:
    there = tone_level(between(person.audio(), since_ms, person.now_ms), hz, alone=True)
    here = tone_level(between(caller.audio(), caller_since_ms, caller.now_ms), hz)
    if there < _AUDIBLE:
        raise NotMeasured(f"{what}: the person did not hear it either")
    return Whispered(what, below_db(there, here))


async def _hears(person: Caller, hz: int, *, since_ms: int | None = None) -> None:
    """Wait until the person hears the tone. Raises: NotMeasured."""
    since = person.now_ms if since_ms is None else since_ms

    async def look() -> bool:
        return tone_level(between(person.audio(), since, person.now_ms), hz, alone=True) >= _AUDIBLE

    await _until(look, "the person hears the supervisor")


async def _hand_over(http: aiohttp.ClientSession, call: CallId) -> None:
    body = {"target": ROLE, "reason": "they would like to speak with a real person"}
    async with http.post(f"calls/{call}/handoffs", json=body) as answer:
        if answer.status >= 400:
            raise NotMeasured(f"no handoff: {(await answer.json(content_type=None)).get('detail', '')}")


async def _replaced(office: Office, call: CallId, job: str) -> None:
    async def look() -> bool:
        row = await office.store.call(call)
        return row is not None and row.holder_job != job and row.lost_at is None

    await _until(look, "another process between the two")


async def _until(look: Callable[[], Awaitable[bool]], awaited: str) -> None:
    """Poll `look` until it is true. Raises: NotMeasured."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_LIMIT_S):
            while not await look():  # noqa: ASYNC110 - no event says so
                await asyncio.sleep(_LOOK_S)
            return
    raise NotMeasured(f"not seen in time: {awaited}")
