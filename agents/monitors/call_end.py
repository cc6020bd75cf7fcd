"""How a call comes to its end for this agent: the first reason wins."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from persistence.records import CallEnd


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The call goes on without us: another agent holds it."""


@dataclass(frozen=True, slots=True)
class Shut:
    """We are out of the room, and the caller may be in it: our worker sees to the call, which is open."""


@dataclass(frozen=True, slots=True)
class Over:
    """The call is over. `goodbye` is spoken first; with `hang_up` the room is closed for the caller too."""

    how: CallEnd
    goodbye: str | None = None
    hang_up: bool = False


class Ending:
    """A future that may be decided often; only the first decision counts."""

    def __init__(self) -> None:
        self._decided: asyncio.Future[HandedOver | Shut | Over] = asyncio.get_running_loop().create_future()

    def decide(self, end: HandedOver | Shut | Over) -> None:
        if not self._decided.done():
            self._decided.set_result(end)

    @property
    def decided(self) -> bool:
        return self._decided.done()

    async def wait(self) -> HandedOver | Shut | Over:
        return await asyncio.shield(self._decided)
