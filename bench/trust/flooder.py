"""`python -m bench.trust.flooder`: floods a service from a process of its own, at the lowest priority.

Reads a Flood from stdin. Prints "begun" once all streams are open. Ends when stdin does, with a Flooded line.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel

from local.native_exit import exit_now
from priority import be_scheduled

_HEAD_EVERY_S = 1.0
_AT_ONCE = 8
_OPENING_AT_ONCE = 20
_LIMIT_S = 30.0
_LAST = 19
"""Niceness. A flood's cost to its own machine is not Baton's: it only gets what calls and service leave."""


class Flood(BaseModel):
    """`watchers`: tokens, each for `streams` streams. `flooder`: the token of a viewer who asks too much.

    `heads`: requests that come at a line a second and never end.
    """

    address: str
    watchers: tuple[str, ...]
    streams: int
    flooder: str
    heads: int


class Flooded(BaseModel):
    """Open streams, the viewer's answers by status, and the slow heads that the service ended."""

    streams: int
    answers: dict[int, int]
    heads_ended: int


class _Flooding:
    def __init__(self, flood: Flood) -> None:
        self._flood = flood
        self._answers: Counter[int] = Counter()
        self._heads_ended = 0
        self._open = 0
        self._opening = asyncio.Semaphore(_OPENING_AT_ONCE)

    async def flood(self) -> Flooded:
        tasks: list[asyncio.Task[None]] = []
        limits = httpx.Limits(max_connections=None)
        timeout = httpx.Timeout(_LIMIT_S, read=None)
        async with httpx.AsyncClient(base_url=self._flood.address, limits=limits, timeout=timeout) as http:
            opened = []
            for token in self._flood.watchers * self._flood.streams:
                opened.append(asyncio.Event())
                tasks.append(asyncio.create_task(self._watch(http, token, opened[-1])))
            await asyncio.gather(*(event.wait() for event in opened))
            sys.stdout.write("begun\n")
            sys.stdout.flush()
            tasks += [asyncio.create_task(self._ask(http)) for _ in range(_AT_ONCE)]
            tasks += [asyncio.create_task(self._send_slowly()) for _ in range(self._flood.heads)]
            await asyncio.to_thread(sys.stdin.read)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return Flooded(streams=self._open, answers=dict(self._answers), heads_ended=self._heads_ended)

    async def _watch(self, http: httpx.AsyncClient, token: str, opened: asyncio.Event) -> None:
        try:
            async with self._opening:
                request = http.build_request("GET", "/events", headers=_bearer(token))
                answer = await http.send(request, stream=True)
                self._open += answer.is_success
                opened.set()
            async for _ in answer.aiter_bytes():
                pass
        finally:
            opened.set()

    async def _ask(self, http: httpx.AsyncClient) -> None:
        while True:
            answer = await http.get("/calls", headers=_bearer(self._flood.flooder))
            self._answers[answer.status_code] += 1

    async def _send_slowly(self) -> None:
        parts = urlsplit(self._flood.address)
        while True:
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
            writer.write(b"GET /calls HTTP/1.1\r\n")
            ended = asyncio.create_task(reader.read())
            try:
                while not ended.done():
                    writer.write(b"x-slow: 1\r\n")
                    await asyncio.wait([ended], timeout=_HEAD_EVERY_S)
                self._heads_ended += 1
            finally:
                ended.cancel()
                writer.close()


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def main() -> None:
    flood = Flood.model_validate_json(await asyncio.to_thread(sys.stdin.readline))
    found = await _Flooding(flood).flood()
    sys.stdout.write(found.model_dump_json() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    be_scheduled(_LAST)
    asyncio.run(main())
    exit_now(0)
