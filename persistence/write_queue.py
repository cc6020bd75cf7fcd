"""Writes that must not hold up a call: in their order, and again until the store takes them."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from errors import StoreError, StoreRefused

log = logging.getLogger(__name__)

WAIT_S = 1.0
"""How long a call waits for one write. SQLite may wait longer for its lock; the caller may not."""

_RETRY_AFTER_S = 0.5

T = TypeVar("T")


@dataclass(slots=True)
class _Entry(Generic[T]):
    write: Callable[[], Awaitable[T]]
    result: asyncio.Future[T | None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class WriteQueue:
    """One a process. A write that the store does not take is kept, and those after it wait behind it."""

    def __init__(self) -> None:
        self._entries: deque[_Entry[Any]] = deque()
        self._writer: asyncio.Task[None] | None = None

    async def write(self, write: Callable[[], Awaitable[T]]) -> T | None:
        """Returns the row, or None where the store does not take it now: it is kept, and our word counts.

        Raises: StoreRefused, where the store says so in time.
        """
        entry = self._add(write)
        try:
            async with asyncio.timeout(WAIT_S):
                return await asyncio.shield(entry.result)
        except TimeoutError:
            log.warning("the store is slow, the call goes on")
            return None

    def enqueue(self, write: Callable[[], Awaitable[object]]) -> None:
        """Write when its turn comes; nobody waits for it."""
        self._add(write)

    async def settled(self, limit_s: float) -> bool:
        """Whether all is written, after `limit_s` seconds at most; what is not stays kept."""
        if self._writer is None:
            return True
        _, late = await asyncio.wait({self._writer}, timeout=limit_s)
        return not late

    async def close(self, limit_s: float) -> None:
        """Wait `limit_s` seconds at most for what is kept, then drop it."""
        if self._writer is None or await self.settled(limit_s):
            return
        log.error("writes were not taken by the store", extra={"writes": len(self._entries)})
        self._writer.cancel()
        await asyncio.wait({self._writer})

    def _add(self, write: Callable[[], Awaitable[T]]) -> _Entry[T]:
        entry = _Entry(write)
        self._entries.append(entry)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_all(), name="write_queue")
        return entry

    async def _write_all(self) -> None:
        while self._entries:
            entry = self._entries[0]
            if await self._taken(entry):
                self._entries.popleft()
            else:
                await asyncio.sleep(_RETRY_AFTER_S)

    async def _taken(self, entry: _Entry[Any]) -> bool:
        """Write one. False: the store did not take it, and it is to be tried again."""
        try:
            row = await entry.write()
        except StoreRefused as refused:
            if entry.result.done():
                # Most likely the row has moved on, and is right as it stands.
                log.warning("a kept write was refused", extra={"error": type(refused).__name__})
            else:
                entry.result.set_exception(refused)
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
