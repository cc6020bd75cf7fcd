"""A supervisor without a browser, who listens to a call and speaks from a separate room."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from livekit import rtc

from local.caller.caller import Caller
from local.desk.client import Refused

VERBS = ("coach", "barge", "take-over", "give-back")
_LIMIT_S = 10.0


class Supervisor:
    """Created by `supervising`. `voice` is the microphone, which nobody hears at first."""

    def __init__(self, http: aiohttp.ClientSession, call: str, listener: str, voice: Caller) -> None:
        self._http, self._call, self._listener = http, call, listener
        self.voice = voice

    async def does(self, verb: str) -> None:
        """Do one of VERBS. Raises: Refused."""
        await act(self._http, self._call, verb, self._listener)


async def act(http: aiohttp.ClientSession, call: str, verb: str, listener: str) -> Mapping[str, Any]:
    """Post one of VERBS for this listener, and return the service's answer. Raises: Refused."""
    return await _post(http, f"calls/{call}/{verb}", {"listener": listener})


@asynccontextmanager
async def signed_in(address: str, token: str) -> AsyncIterator[aiohttp.ClientSession]:
    """Open an HTTP session with the token. `address`: the operators' service's, ending with a slash."""
    limit = aiohttp.ClientTimeout(total=_LIMIT_S)
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(address, headers=headers, timeout=limit) as http:
        yield http


@asynccontextmanager
async def listening(http: aiohttp.ClientSession, room: str) -> AsyncIterator[str]:
    """Listen to this room's call until the block ends. Yields the listener's identity.

    Raises: Refused.
    """
    made = await _post(http, "tokens", {"kind": "listener", "room": room})
    ear = rtc.Room()
    await ear.connect(made["url"], made["token"])
    try:
        yield made["identity"]
    finally:
        await ear.disconnect()


@asynccontextmanager
async def supervising(http: aiohttp.ClientSession, call: str, room: str) -> AsyncIterator[Supervisor]:
    """Listen, with a microphone that nobody hears yet. Raises: Refused."""
    async with listening(http, room) as identity:
        speak = (await act(http, call, "give-back", identity))["speak"]
        async with Caller.join(speak["url"], speak["token"]) as voice:
            yield Supervisor(http, call, identity, voice)


async def _post(http: aiohttp.ClientSession, path: str, body: object) -> Mapping[str, Any]:
    async with http.post(path, json=body) as answer:
        said: Mapping[str, Any] = await answer.json(content_type=None)
        if answer.status >= 400:
            raise Refused(answer.status, said)
        return said
