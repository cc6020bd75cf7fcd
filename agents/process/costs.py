"""Keeps what a call costs: at once in a file that survives a kill, and every 20 s in the store.

A write to the store takes milliseconds, in which a process may be killed; to a file, it takes none.
"""

from __future__ import annotations

import asyncio
import logging

from agents.groq.spending.book import SpendingBook
from agents.process.cost_file import CostFile, CostFolder, LeftCosts, taken
from errors import StoreError, StoreRefused
from persistence.contract.costs import CostStore
from persistence.records import CallId, Cost, JobId
from persistence.write_queue import WriteQueue

log = logging.getLogger(__name__)

EVERY_S, _WITHOUT_A_FILE_S = 20.0, 1.0
"""Pauses between a call's writes: the fewer writes, the more calls a store carries (docs/scale.md).
The file gets each cost at once."""
LOOK_EVERY_S = 1.0


class CostKeeper:
    """Keeps one process's costs. Before `keep`, they are only counted."""

    def __init__(self, book: SpendingBook, queue: WriteQueue, folder: CostFolder) -> None:
        self._book, self._queue, self._folder = book, queue, folder
        self._call: tuple[CostStore, CallId, JobId] | None = None
        self._file: CostFile | None = None
        self._later: asyncio.TimerHandle | None = None
        self._unwritten = False

    def keep(self, store: CostStore, call_id: CallId, job: JobId) -> None:
        """From now on, store this process's costs for a call, including what was spent so far."""
        if self._call is not None:
            return
        self._call, self._file = (store, call_id, job), self._folder.new_file(job)
        self._book.changed = self._changed
        if self._book.sums:
            self._changed()

    async def close(self, limit_s: float) -> None:
        """Wait for the answers that nobody reads, then write everything within `limit_s` seconds."""
        await self._book.unread.settle()
        if self._later is not None:
            self._later.cancel()
        if self._unwritten:
            self._enqueue()
        await self._queue.close(limit_s)
        if self._file is not None:
            self._file.close(remove=not self._unwritten)

    def _changed(self) -> None:
        if self._file is not None:
            self._file.write(self._rows())
        self._unwritten = True
        if self._later is None:
            pause_s = EVERY_S if self._file is not None else _WITHOUT_A_FILE_S
            self._later = asyncio.get_running_loop().call_later(pause_s, self._enqueue)

    def _enqueue(self) -> None:
        self._later = None
        self._queue.enqueue(self._write)

    async def _write(self) -> None:
        assert self._call is not None
        rows, self._unwritten = self._rows(), False
        try:
            await self._call[0].save_costs(rows)
        except StoreRefused:
            raise
        except StoreError:
            self._unwritten = True  # the queue retries, with the sums by then
            raise

    def _rows(self) -> list[Cost]:
        assert self._call is not None
        _, call_id, job = self._call
        return [
            Cost(call_id, job, model, thrown_away, used)
            for (model, thrown_away), used in self._book.sums.items()
        ]


async def save_left_costs(folder: CostFolder, store: CostStore) -> None:
    """Write to the store, again and again, the costs that ended processes left. Run until cancelled."""
    while True:
        for path in await asyncio.to_thread(folder.files):
            if (left := await asyncio.to_thread(taken, path)) is not None:
                left.close(remove=await _is_saved(left, store))
        await asyncio.sleep(LOOK_EVERY_S)


async def _is_saved(left: LeftCosts, store: CostStore) -> bool:
    try:
        await store.save_costs(left.rows)
    except StoreRefused:
        log.warning("costs of an unknown call are dropped", extra={"file": left.path.name})
    except StoreError as error:
        log.warning("costs are not written yet", extra={"error": str(error)})
        return False
    return True
