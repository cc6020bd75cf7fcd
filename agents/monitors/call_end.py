"""How a call ends for this agent. Several monitors may decide it; the first decision counts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from persistence.records import CallEnd


@dataclass(frozen=True, slots=True)
class HandedOver:
    """Another agent holds the call now."""


@dataclass(frozen=True, slots=True)
class Disconnected:
    """This agent is out of the room. The caller may still be in it: our worker recovers the open call."""


@dataclass(frozen=True, slots=True)
class EndCall:
    """The call is over. Speak `goodbye` first; `hang_up` also closes the room for the caller."""

    how: CallEnd
    goodbye: str | None = None
    hang_up: bool = False


Decision = HandedOver | Disconnected | EndCall


class CallEnding:
    """A future that ignores every decision after the first."""

    def __init__(self) -> None:
        self._decision: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()

    def decide(self, decision: Decision) -> None:
        if not self._decision.done():
            self._decision.set_result(decision)

    @property
    def decided(self) -> bool:
        return self._decision.done()

    @property
    def decision(self) -> Decision | None:
        return self._decision.result() if self._decision.done() else None

    async def wait(self) -> Decision:
        return await asyncio.shield(self._decision)
