"""Measures one call after another. A call that fails is reported, and the run continues."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import httpx
from livekit import api, rtc

from bench.support.environment import rest
from errors import BatonError
from local.demo.progress import Progress
from local.desk.client import Refused

T = TypeVar("T")

_FAILURES = (
    BatonError,
    ConnectionError,
    TimeoutError,
    rtc.ConnectError,
    api.TwirpError,
    httpx.HTTPError,
    Refused,
)


class Measuring:
    """`failures` has a line for each call that was not measured."""

    def __init__(self, progress: Progress) -> None:
        self.failures: list[str] = []
        self._progress = progress

    async def measure(
        self, where: str, call: Callable[[], Awaitable[T]], describe: Callable[[T], str], *, limit_s: float
    ) -> list[T]:
        """Wait until the machine is idle, then make the call. Empty if it failed or exceeded `limit_s`."""
        await rest()
        try:
            async with asyncio.timeout(limit_s):
                measured = await call()
        except _FAILURES as error:
            self.failures.append(f"{where}: {str(error) or type(error).__name__}")
            self._progress.note(self.failures[-1], style="red")
            return []
        self._progress.step(f"{where}: {describe(measured)}")
        return [measured]

    async def measure_several(
        self, where: str, call: Callable[[], Awaitable[Sequence[T]]], *, limit_s: float
    ) -> list[T]:
        """As `measure`, for a call with several results, each of which is printed."""
        found: list[T] = []
        for results in await self.measure(where, call, lambda made: f"{len(made)} measured", limit_s=limit_s):
            for result in results:
                self._progress.note(f"          {result}", style="")
            found += results
        return found


def rotated(names: Sequence[T], number: int) -> list[T]:
    """Return all names, beginning with a different one each round, so that none gains from its position."""
    first = number % len(names)
    return [*names[first:], *names[:first]]
