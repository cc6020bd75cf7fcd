"""One person's desk, as the page plays it (operators/console/script/desk): presence, offers, own room."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
from livekit import rtc

from local.caller.caller import Caller
from local.caller.inbox import Received
from local.caller.tape import Samples
from local.within import within
from tasks import together
from transfer.desk_protocol import DESK_ACT, DESK_BEAT, DESK_TOPIC, DeskAct
from transfer.protocol import is_agents

_LOOK_S = 0.1
_LOOK_AGAIN_S = 0.5
_ASK_LIMIT_S = 10.0
_ANSWER_S = 3.0
_SHOWN_LIMIT_S = 20.0
_PAUSE_S = 1.0
_BEAT_S = 10.0
_THERE_S = 0.4

Offer = Mapping[str, Any]
"""An offer as the API gives it."""


class Refused(Exception):
    """The service refused a request. `problem` is its answer."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(f"{status}: {problem.get('detail', '')}")
        self.status, self.problem = status, problem


class Desk:
    """Created by `open_desk`."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http

    async def is_available(self) -> None:
        """Set the presence to available. Raises: Refused."""
        await self._ask("POST", "desk/presence", {"state": "available", "reason": ""})

    async def is_away(self) -> None:
        """Set the presence to away. Raises: Refused."""
        await self._ask("POST", "desk/presence", {"state": "away", "reason": ""})

    async def view(self) -> Mapping[str, Any]:
        return await self._ask("GET", "desk")

    async def beat(self) -> None:
        """Send the heartbeat that keeps the desk open."""
        await self._ask("POST", "desk/heartbeat")

    async def rings(self, *, other_than: Offer | None = None, limit_s: float) -> Offer:
        """Wait for an offer that rings here. Raises: TimeoutError."""
        known = other_than["id"] if other_than else ""
        async with within(limit_s, "an offer that rings"):
            return await self._one(lambda offer: offer["outcome"] is None and offer["id"] != known)

    async def talk(self, *, limit_s: float) -> Offer:
        """Wait for an offer that the person has accepted. Raises: TimeoutError."""
        async with within(limit_s, "an accepted caller"):
            return await self._one(_is_talk)

    async def accept(self, offer: Offer) -> None:
        """Accept the offer. Raises: Refused: another person was first, or it no longer rings."""
        await self._ask("POST", f"desk/offers/{offer['id']}/accept")

    async def decline(self, offer: Offer, reason: str) -> None:
        """Decline the offer. Raises: Refused."""
        await self._ask("POST", f"desk/offers/{offer['id']}/decline", {"reason": reason})

    async def wrap_up(self, offer: Offer, code: str) -> None:
        """Write the wrap-up. Raises: Refused."""
        await self._ask("POST", f"desk/offers/{offer['id']}/wrap-up", {"code": code, "note": ""})

    async def holds(self, offer: Offer) -> None:
        """Put the caller on hold. Raises: Refused."""
        await self._ask("POST", f"desk/offers/{offer['id']}/hold")

    async def resumes(self, offer: Offer) -> None:
        """Take the caller off hold. Raises: Refused."""
        await self._ask("POST", f"desk/offers/{offer['id']}/resume")

    async def hands_over(self, offer: Offer, target: str, person: str, reason: str) -> None:
        """Hand the caller over to a role's person. Raises: Refused."""
        body = {"target": target, "person": person, "reason": reason}
        await self._ask("POST", f"desk/offers/{offer['id']}/hand-over", body)

    async def asks_in(self, offer: Offer, role: str, person: str, reason: str) -> None:
        """Ask a second person into the talk. Raises: Refused."""
        body = {"role": role, "person": person, "reason": reason}
        await self._ask("POST", f"desk/offers/{offer['id']}/second", body)

    async def leaves(self, offer: Offer) -> None:
        """Leave the talk to the other person. Raises: Refused."""
        await self._ask("POST", f"desk/offers/{offer['id']}/leave")

    @asynccontextmanager
    async def enter(self, offer: Offer) -> AsyncIterator[OwnRoom]:
        """Be in the person's own room until the block ends.

        Raises: Refused, rtc.ConnectError, TimeoutError.
        """
        access = await self._ask("POST", f"desk/offers/{offer['id']}/token")
        async with Caller.join(access["url"], access["token"]) as person:
            beating = asyncio.create_task(_is_there(person))
            try:
                yield OwnRoom(person)
            finally:
                beating.cancel()
                await asyncio.gather(beating, return_exceptions=True)

    async def _one(self, wanted: Callable[[Offer], bool]) -> Offer:
        while True:
            for offer in (await self.view())["offers"]:
                if wanted(offer):
                    return offer  # type: ignore[no-any-return]  # JSON
            await asyncio.sleep(_LOOK_S)

    async def _ask(self, method: str, path: str, body: object = None) -> Mapping[str, Any]:
        async with self._http.request(method, path, json=body) as answer:
            said: Mapping[str, Any] = await answer.json(content_type=None)
            if answer.status >= 400:
                raise Refused(answer.status, said)
            return said


class OwnRoom:
    """The person in their own room. `person.sounds()` returns what they heard there."""

    def __init__(self, person: Caller) -> None:
        self.person = person
        self._acted_ms: int | None = None

    @property
    def shown(self) -> Sequence[Mapping[str, Any]]:
        """Everything that agents have shown, in the order in which it was sent."""
        return [json.loads(one.text) for one in self._messages()]

    @property
    def now(self) -> str:
        """The latest situation that was shown; empty if none was shown yet."""
        situations = self._situations()
        return str(json.loads(situations[-1].text)["now"]) if situations else ""

    async def is_shown(self, *now: str, limit_s: float = _SHOWN_LIMIT_S) -> str:
        """Wait for one of these situations, requesting it as the page does. Raises: TimeoutError."""
        awaited = f"{' or '.join(now)} on the person's page"
        async with within(limit_s, lambda: f"{awaited}, which shows {self.now or 'nothing'}"):
            while self.now not in now or not self._has_brief:
                if not self._has_brief or self._is_unanswered:
                    with suppress(ConnectionError, TimeoutError):
                        async with asyncio.timeout(_LOOK_AGAIN_S):  # a lost request would block for 7 s
                            await self.does("look")
                await asyncio.sleep(_LOOK_S)
        return self.now

    async def does(self, act: str, reason: str = "") -> None:
        """Send an act to the agent. Raises: ConnectionError: no agent is there, or it refuses."""
        # livekit-server may announce an agent after its first messages have arrived.
        agents = [*filter(is_agents, self.person.others), *(one.sender for one in self._messages())]
        if not agents:
            raise ConnectionError("no agent is in the room")
        payload = DeskAct.model_validate({"act": act, "reason": reason}).model_dump_json()
        if act != "look":
            self._acted_ms = self.person.now_ms
        try:
            await self.person.request(agents[-1], DESK_ACT, payload)
        except rtc.RpcError as error:
            raise ConnectionError(error.message) from error

    @property
    def _has_brief(self) -> bool:
        """Whether brief and situation were shown, or the talk is over. The brief alone can be lost."""
        return self.now == "over" or {"brief", "situation"} <= {one["kind"] for one in self.shown}

    @property
    def _is_unanswered(self) -> bool:
        """Whether no situation was shown since the last act, `_ANSWER_S` ago: a message can be lost."""
        if self._acted_ms is None or self.person.now_ms < self._acted_ms + 1000 * _ANSWER_S:
            return False
        return all(one.at_ms < self._acted_ms for one in self._situations())

    def _situations(self) -> Sequence[Received]:
        return [one for one in self._messages() if json.loads(one.text)["kind"] == "situation"]

    def _messages(self) -> Sequence[Received]:
        """Return the agents' messages, in the order in which they were sent."""
        # The inbox also records each stream's attributes, which come first.
        shown = [one for one in self.person.received if one.topic == DESK_TOPIC and '"kind"' in one.text]
        return sorted(shown, key=lambda one: one.stream)

    async def hangs_up(self) -> None:
        """End the call. The agent may be gone before its answer arrives."""
        with suppress(ConnectionError):
            await self.does("hang_up")

    async def talks_once(self, line: Samples) -> None:
        """Say the line once, then stay muted until the talk is over."""
        await self.person.play(line)
        self.person.mute()
        while self.now != "over":  # noqa: ASYNC110 - no event says so
            await asyncio.sleep(_LOOK_S)

    async def talks(self, line: Samples) -> None:
        """Say the line again and again, until the talk is over or the room is closed."""
        with suppress(ConnectionError):
            while self.now != "over":
                await self.person.play(line)
                await asyncio.sleep(_PAUSE_S)


@asynccontextmanager
async def open_desk(address: str, token: str) -> AsyncIterator[Desk]:
    """Open a person's desk. `address`: the operators' service's, ending with a slash."""
    limit = aiohttp.ClientTimeout(total=_ASK_LIMIT_S)
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(address, headers=headers, timeout=limit) as http:
        yield Desk(http)


async def take_calls(desk: Desk, talking: Callable[[OwnRoom], Awaitable[None]], *, code: str = "") -> None:
    """Accept what rings, put the caller through, and talk, one caller after another. Runs until cancelled.

    A person who already has a caller, as after a reload of the page, continues with them.
    """
    await desk.is_available()
    async with together() as group:
        group.create_task(_beats(desk))
        await _takes(desk, talking, code)


async def _is_there(person: Caller) -> None:
    """Send heartbeats as the page does, so that the proxy notices a loss at once, even while muted."""
    while True:
        with suppress(rtc.participant.PublishDataError):
            await person.send(DESK_BEAT)
        await asyncio.sleep(_THERE_S)


async def _beats(desk: Desk) -> None:
    while True:
        await desk.beat()
        await asyncio.sleep(_BEAT_S)


async def _takes(desk: Desk, talking: Callable[[OwnRoom], Awaitable[None]], code: str) -> None:
    while True:
        for offer in (await desk.view())["offers"]:
            if offer["outcome"] is None:
                with suppress(Refused):  # somebody was first
                    await desk.accept(offer)
            elif _is_talk(offer):
                with suppress(Refused, rtc.ConnectError, ConnectionError, TimeoutError):
                    await _talk(desk, offer, talking)
            elif offer["ended_at"] and not offer["wrapped_up_at"]:
                await desk.wrap_up(offer, code)
        await asyncio.sleep(_LOOK_S)


async def _talk(desk: Desk, offer: Offer, talking: Callable[[OwnRoom], Awaitable[None]]) -> None:
    async with desk.enter(offer) as room:
        if await room.is_shown("brief", "talking", "over") == "brief":
            await room.does("put_through")
        await room.is_shown("talking", "over")
        await talking(room)


def _is_talk(offer: Offer) -> bool:
    return offer["outcome"] == "accepted" and offer["ended_at"] is None
