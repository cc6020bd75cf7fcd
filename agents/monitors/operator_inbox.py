"""How a holder learns of operators' requests: it polls the store, and reads it at once when nudged."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress

from livekit import rtc

from errors import StoreError
from persistence.contract.handoffs import CallStore
from persistence.records import (
    MODEL,
    RULE,
    CallId,
    Handoff,
    HandoffState,
    JobId,
    OperatorRequest,
    RequestState,
)
from transfer.protocol import NUDGE_TOPIC

log = logging.getLogger(__name__)

_POLL_EVERY_S = 0.2
"""Without a nudge, a row must be seen within 250 ms. Most polls cost 4 µs (change_mark)."""

_MIN_PAUSE_S = 0.02
"""Between two reads, however many nudges come: a flood of nudges must not keep the store busy."""

_STORE_LIMIT_S = 2.0
_STORE_RETRY_S = 1.0


class OperatorInbox:
    """Polls, and passes on what it finds. `accept_requests` returns whether it accepted all of them."""

    def __init__(
        self,
        store: CallStore,
        call: CallId,
        job: JobId,
        *,
        order_transfer: Callable[[Handoff], None],
        row_moved: Callable[[], None],
        accept_requests: Callable[[Sequence[OperatorRequest]], bool],
    ) -> None:
        """`job` is this agent's, and holds `call`."""
        self._store = store
        self._call = call
        self._job = job
        self._order_transfer = order_transfer
        self._row_moved = row_moved
        self._accept_requests = accept_requests
        self._nudged = asyncio.Event()
        self._seen: int | None = None

    def attach(self, room: rtc.Room) -> None:
        """Accept nudges from the room's server, not from participants."""

        def on_data(packet: rtc.DataPacket) -> None:
            if packet.topic == NUDGE_TOPIC and packet.participant is None:
                self._nudged.set()

        room.on("data_received", on_data)

    async def poll_store(self) -> None:
        """Poll until cancelled. A store that does not answer is asked again."""
        while True:
            try:
                async with asyncio.timeout(_STORE_LIMIT_S):
                    await self._read_if_changed()
            except (StoreError, TimeoutError) as error:
                log.warning(
                    "requests not polled",
                    extra={"call": self._call, "error": str(error) or type(error).__name__},
                )
                await asyncio.sleep(_STORE_RETRY_S)
            await asyncio.sleep(_MIN_PAUSE_S)
            with suppress(TimeoutError):
                async with asyncio.timeout(_POLL_EVERY_S - _MIN_PAUSE_S):
                    await self._nudged.wait()

    async def _read_if_changed(self) -> None:
        nudged = self._nudged.is_set()
        self._nudged.clear()
        mark = await self._store.change_mark()
        if mark == self._seen and not nudged:
            return
        self._seen = mark if await self._read() else None

    async def _read(self) -> bool:
        """Pass on what the store has; returns whether nothing must be read again."""
        self._row_moved()
        for handoff in await self._store.handoffs(call_id=self._call, state=HandoffState.REQUESTED):
            # A handoff of the model's is under way since before its row was written.
            if handoff.from_job == self._job and handoff.requested_by not in {MODEL, RULE}:
                self._order_transfer(handoff)
        return self._accept_requests(await self._store.requests(self._call, state=RequestState.REQUESTED))
