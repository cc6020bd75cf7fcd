"""The benchmark's stack: people at desks without a browser, operators, and callers who want a person."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import aiohttp
import numpy as np
import yaml
from livekit import api

from bench.support.environment import LATENCIES, NotMeasured
from bench.support.sound_match import trimmed
from clock import SystemClock
from local import shorter_roster
from local.caller.caller import Caller
from local.caller.tape import RATE_HZ, Samples
from local.caller.token import caller_token
from local.desk.care_team import ROLE, write_care_team
from local.desk.client import Desk, OwnRoom, Refused, open_desk
from local.scripted import SCRIPTS
from local.speech import CALLER, at_speed, synthesize
from local.stack import Stack, local_stack
from operators.auth.access import add_operator, renew_operator
from persistence.access import Rights
from persistence.contract.store import Store
from persistence.engines import open_store
from persistence.records import CallId

PEOPLE = ("Mia", "Ben", "Cleo")
FRONT = "front-desk"
TONE_HZ = 3_000
"""A tone under the care team's voice, which speaks the brief."""
_VOICE, _PAUSE_S, _PACE = "autumn", 0.7, 1.25
_RINGS_S, _LIMIT_S = 30.0, 30.0
_HELPS = "good morning how can I help you today"


@dataclass(frozen=True, slots=True)
class Office:
    stack: Stack
    api: api.LiveKitAPI
    store: Store

    @property
    def address(self) -> str:
        return self.stack.console.partition("#")[0]

    @asynccontextmanager
    async def caller(self) -> AsyncIterator[tuple[Caller, str, CallId]]:
        """Yield a caller whom the front desk has greeted, their room, and their call."""
        room, livekit = f"bench-people-{uuid4()}", self.stack.livekit
        token = caller_token(livekit.api_key, livekit.api_secret, room=room, agent_name=self.stack.agent_name)
        try:
            async with Caller.join(livekit.url, token) as caller:
                await caller.hears(since_ms=0, limit_s=_LIMIT_S)
                await caller.hears_out(pause_s=_PAUSE_S, limit_s=_LIMIT_S)
                call = await self.store.open_call_in(room)
                if call is None:
                    raise NotMeasured("the call is not in the store")
                yield caller, room, call.id
        finally:
            with suppress(api.ServerError):
                await self.api.room.delete_room(api.DeleteRoomRequest(room=room))

    @asynccontextmanager
    async def at_desk(self, token: str, address: str | None = None) -> AsyncIterator[Desk]:
        """Yield a desk that is available, and away after the block. `address`: of another service."""
        async with open_desk(address or self.address, token) as desk:
            await desk.is_available()
            beating = asyncio.create_task(_beats(desk))
            try:
                yield desk
            finally:
                beating.cancel()
                await asyncio.gather(beating, return_exceptions=True)
                with suppress(Refused, aiohttp.ClientError):
                    await _wraps_up(desk)
                    await desk.is_away()

    async def token_of(self, name: str, rights: Rights) -> str:
        """Add an operator and return the token, or renew a known operator's token."""
        async with open_store(self.stack.store) as store:
            if name in {one.name for one in await store.operators()}:
                return await renew_operator(store, name, rights=None, expires_at=None)
            return await add_operator(store, name, rights, SystemClock())

    async def is_with(self, call: CallId, role: str) -> None:
        """Wait until this role holds the call. Raises: NotMeasured."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_LIMIT_S):
                while (row := await self.store.call(call)) is None or row.holder_role != role:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
                return
        raise NotMeasured(f"the call did not reach {role}")


@asynccontextmanager
async def open_office(folder: Path, on_step: Callable[[str], None]) -> AsyncIterator[Office]:
    """Run the office's stack. Raises: BatonError."""
    roster = folder / "roster"
    shorter_roster.make_roster(roster)
    write_care_team(roster, PEOPLE, rings_s=_RINGS_S)
    script = yaml.safe_load((SCRIPTS / "acceptance.yaml").read_text(encoding="utf-8"))
    said = folder / "script.yaml"
    changed = {"tones": {_VOICE: TONE_HZ}, "pace": _PACE}
    said.write_text(yaml.safe_dump({**script, **changed}), encoding="utf-8")
    settings = {
        "BATON_ROSTER_FOLDER": str(roster),
        "BATON_DEPARTURE_S": "2",
        "BATON_SILENCE_ASK_S": "60",  # callers only listen
        "BATON_HANDOFFS_PER_CALL": "50",
        "BATON_IDLE_PROCESSES": "3",
    }
    async with (
        local_stack(
            folder,
            script=said,
            latencies=LATENCIES,
            settings=settings,
            stand_in_always=True,
            service=True,
            on_step=on_step,
        ) as stack,
        api.LiveKitAPI(stack.livekit.url, stack.livekit.api_key, stack.livekit.api_secret) as livekit,
        open_store(stack.store, read_only=True) as store,
    ):
        yield Office(stack, livekit, store)


async def until_shown(room: OwnRoom, *now: str) -> None:
    """Wait until the desk shows one of these states. Raises: NotMeasured."""
    try:
        await room.is_shown(*now, limit_s=_LIMIT_S)
    except TimeoutError as error:
        raise NotMeasured(f"the desk did not show {' or '.join(now)}, but {room.now or 'nothing'}") from error


async def says(caller: Caller, line: str) -> int:
    """Say a line at the speed that the script's recognizer knows best. Returns when it ended, in ms."""
    return (await caller.say(line, voice=at_speed(CALLER, 1.25))).end_ms


def greeting() -> Samples:
    """Return what a person says, without silence around it."""
    return trimmed(synthesize(_HELPS, CALLER, sample_rate=RATE_HZ).samples)


def tone(seconds: float, hz: int, *, loud: int = 8_000) -> Samples:
    at = np.arange(round(seconds * RATE_HZ))
    return (loud * np.sin(2 * np.pi * hz * at / RATE_HZ)).astype(np.int16)


async def speaks(who: Caller, sounds: Sequence[Samples]) -> None:
    """Say these again and again, without a pause, until cancelled or the room is closed."""
    with suppress(ConnectionError):
        while True:
            for samples in sounds:
                await who.play(samples)


async def _wraps_up(desk: Desk) -> None:
    """Wrap up ended talks: a page would show them first to the next person."""
    for offer in (await desk.view())["offers"]:
        if offer["ended_at"] and not offer["wrapped_up_at"]:
            await desk.wrap_up(offer, "")


async def _beats(desk: Desk) -> None:
    while True:
        with suppress(Refused, aiohttp.ClientError, TimeoutError):  # the service may be killed
            await desk.beat()
        await asyncio.sleep(10)


__all__ = [
    "FRONT",
    "PEOPLE",
    "ROLE",
    "TONE_HZ",
    "Office",
    "greeting",
    "open_office",
    "says",
    "speaks",
    "tone",
]
