"""Writes that must not hold up a call: in their order, and again until the store takes them."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from errors import StaleHandoff, StoreError
from persistence.records import Handoff

log = logging.getLogger("baton.ledger")

WAIT_S = 1.0
"""How long a call waits for one write. SQLite may wait longer for its lock; the caller may not."""

_RETRY_AFTER_S = 0.5

Write = Callable[[], Awaitable[Handoff | None]]


@dataclass(slots=True)
class _Entry:
    write: Write
    result: asyncio.Future[Handoff | None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Ledger:
    """A write that the store does not take is kept, and those after it wait behind it."""

    def __init__(self) -> None:
        self._entries: deque[_Entry] = deque()
        self._writer: asyncio.Task[None] | None = None

    async def write(self, write: Write) -> Handoff | None:
        """Returns the row, or None where the store does not take it now: it is kept, and our word counts.

        Raises: StaleHandoff, where the store says so in time.
        """
        entry = self._add(write)
        try:
            async with asyncio.timeout(WAIT_S):
                return await asyncio.shield(entry.result)
        except TimeoutError:
            log.warning("the store is slow, the call goes on")
            return None

    def note(self, write: Callable[[], Awaitable[None]]) -> None:
        """Write when its turn comes; nobody waits for it."""

        async def without_row() -> None:
            await write()

        self._add(without_row)

    async def settle(self, limit_s: float) -> None:
        """Wait `limit_s` seconds at most for what is kept, then drop it."""
        if self._writer is None:
            return
        _, late = await asyncio.wait({self._writer}, timeout=limit_s)
        if late:
            log.error("writes were not taken by the store", extra={"writes": len(self._entries)})
            self._writer.cancel()
            await asyncio.wait({self._writer})

    def _add(self, write: Write) -> _Entry:
        entry = _Entry(write)
        self._entries.append(entry)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_all(), name="ledger")
        return entry

    async def _write_all(self) -> None:
        while self._entries:
            entry = self._entries[0]
            if await self._taken(entry):
                self._entries.popleft()
            else:
                await asyncio.sleep(_RETRY_AFTER_S)

    async def _taken(self, entry: _Entry) -> bool:
        """Write one. False: the store did not take it, and it is to be tried again."""
        try:
            row = await entry.write()
        except StaleHandoff as stale:
            if entry.result.done():
                log.warning("a kept write came too late: the row has moved on")  # it is right as it stands
            else:
                entry.result.set_exception(stale)
                entry.result.exception()  # seen, also where nobody waits
            return True
        except StoreError as error:
            log.warning("the store does not take a write, it is kept", extra={"error": str(error)})
            if not entry.result.done():
                entry.result.set_result(None)
            return False
        if not entry.result.done():
            entry.result.set_result(row)
        return True
