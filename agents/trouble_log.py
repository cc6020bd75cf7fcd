"""Models that failed in a call, written down where the store takes it: a call never waits for that."""

from __future__ import annotations

import asyncio
import logging

from errors import StoreError
from persistence.operator_store import RequestStore
from persistence.records import CallId, Trouble
from transfer.ports import Clock

log = logging.getLogger("baton.trouble")

_MOST_WAITING = 100


class TroubleLog:
    """`run` is the writer and has one owner. What the store does not take is in the log alone."""

    def __init__(self, store: RequestStore, call_id: CallId, clock: Clock) -> None:
        self._store, self._call_id, self._clock = store, call_id, clock
        self._unwritten: asyncio.Queue[Trouble] = asyncio.Queue()

    def note(self, part: str, error: str) -> None:
        """That `part` (chat, hearing, speaking) failed with `error`, a status or an error's name."""
        if self._unwritten.qsize() < _MOST_WAITING:
            self._unwritten.put_nowait(Trouble(self._call_id, part, error, self._clock.now_ms()))

    async def run(self) -> None:
        """Write them as they come, for as long as the call lasts."""
        while True:
            trouble = await self._unwritten.get()
            try:
                await self._store.note_trouble(trouble)
            except StoreError as error:
                log.warning("trouble not noted", extra={"call": self._call_id, "error": str(error)})
