"""Finds what a run left behind: rows that never ended, and processes of stopped stacks."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Iterable

from bench.faults.results import HeardCall, Left
from errors import StoreError
from local.processes import left_behind
from persistence.engines import open_store

_MANY = 100_000


def look(calls: Iterable[HeardCall]) -> Left:
    """Return what the run left behind. Call this after everything has stopped."""
    known = list(calls)
    groups = {group for call in known for group in call.groups}
    open_rows: Counter[str] = Counter()
    for store in {call.store for call in known}:
        open_rows.update(asyncio.run(_open_rows(store)))
    processes = Counter(os.getpgid(pid) for pid in left_behind(sorted(groups)))
    return Left(open_rows, processes)


async def _open_rows(store_url: str) -> Counter[str]:
    """Count, by room, the open calls and the handoffs in a state that is not terminal.

    A store that a test has damaged cannot be read, and counts as empty.
    """
    found: Counter[str] = Counter()
    try:
        async with open_store(store_url, read_only=True) as store:
            calls = {call.id: call for call in await store.calls(limit=_MANY)}
            found.update(call.room for call in calls.values() if call.ended_at is None)
            handoffs = await store.handoffs(limit=_MANY)
    except StoreError:
        return found
    found.update(calls[handoff.call_id].room for handoff in handoffs if not handoff.is_over)
    return found
