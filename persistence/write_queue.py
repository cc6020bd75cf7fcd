"""Writes that must not delay a call: kept in order, and retried until the store takes them."""

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
"""How long a call waits for one write. The store may wait longer for a lock; the caller must not."""

_RETRY_AFTER_S = 0.5

T = TypeVar("T")


@dataclass(slots=True)
class _Entry(Generic[T]):
    write: Callable[[], Awaitable[T]]
    result: asyncio.Future[T | None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class WriteQueue:
    """One per process. A write that the store does not take is kept, and later writes wait behind it."""

    def __init__(self) -> None:
        self._entries: deque[_Entry[Any]] = deque()
        self._writer: asyncio.Task[None] | None = None

    async def write(self, write: Callable[[], Awaitable[T]]) -> T | None:
        """Write, and return the row. None: the store did not take it within WAIT_S.

        The write is kept then, and the caller may act as if it had succeeded. Raises: StoreRefused, if the
        store refuses within WAIT_S.
        """
        entry = self._add(write)
        try:
            async with asyncio.timeout(WAIT_S):
                return await asyncio.shield(entry.result)
        except TimeoutError:
            log.warning("the store is slow; the call goes on")
            return None

    def enqueue(self, write: Callable[[], Awaitable[object]]) -> None:
        """Write in the background."""
        self._add(write)

    async def settled(self, limit_s: float) -> bool:
        """Wait at most `limit_s` seconds for the queue to empty; return whether it did."""
        if self._writer is None:
            return True
        _, late = await asyncio.wait({self._writer}, timeout=limit_s)
        return not late

    async def close(self, limit_s: float) -> None:
        """Wait at most `limit_s` seconds for the queue to empty, then drop the rest."""
        if self._writer is None or await self.settled(limit_s):
            return
        log.error("writes dropped: the store did not take them", extra={"writes": len(self._entries)})
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
        """Try one write. False: it must be retried."""
        try:
            row = await entry.write()
        except StoreRefused as refused:
            if entry.result.done():
                # Most likely the row has moved on, and is right as it is.
                log.warning(
                    "a kept write was refused and is dropped", extra={"error": type(refused).__name__}
                )
            else:
                entry.result.set_exception(refused)
                entry.result.exception()  # retrieved, even if nothing awaits it
            return True
        except StoreError as error:
            log.warning("a write failed and is kept", extra={"error": str(error)})
            if not entry.result.done():
                entry.result.set_result(None)
            return False
        if not entry.result.done():
            entry.result.set_result(row)
        return True
