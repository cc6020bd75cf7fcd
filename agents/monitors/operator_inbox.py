"""Where a holder learns what operators want of its call: it looks at the store, at a nudge and by itself."""

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

_LOOK_EVERY_S = 0.2
"""An agent that missed the nudge must have seen the row within 250 ms. Most looks cost 4 µs (change_mark)."""

_REST_S = 0.02
"""Between two looks, however many nudges come: whoever can send them shall not keep the store busy."""

_STORE_LIMIT_S = 2.0
_STORE_AGAIN_S = 1.0


class OperatorInbox:
    """Looks, and passes on what it finds. `take_requests` returns whether all of them were taken on."""

    def __init__(
        self,
        store: CallStore,
        call: CallId,
        job: JobId,
        *,
        order_transfer: Callable[[Handoff], None],
        row_moved: Callable[[], None],
        take_requests: Callable[[Sequence[OperatorRequest]], bool],
    ) -> None:
        """`call` is the one that `job`, which is us, holds."""
        self._store = store
        self._call = call
        self._job = job
        self._order_transfer = order_transfer
        self._row_moved = row_moved
        self._take_requests = take_requests
        self._nudged = asyncio.Event()
        self._seen: int | None = None

    def listen_to(self, room: rtc.Room) -> None:
        """Take nudges from this room's server; participants' are passed over."""

        def on_data(packet: rtc.DataPacket) -> None:
            if packet.topic == NUDGE_TOPIC and packet.participant is None:
                self._nudged.set()

        room.on("data_received", on_data)

    async def run(self) -> None:
        """Look, for as long as the call lasts. A store that does not answer is asked again."""
        while True:
            try:
                async with asyncio.timeout(_STORE_LIMIT_S):
                    await self._look_if_changed()
            except (StoreError, TimeoutError) as error:
                log.warning(
                    "the store was not looked at",
                    extra={"call": self._call, "error": str(error) or type(error).__name__},
                )
                await asyncio.sleep(_STORE_AGAIN_S)
            await asyncio.sleep(_REST_S)
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_EVERY_S - _REST_S):
                    await self._nudged.wait()

    async def _look_if_changed(self) -> None:
        nudged = self._nudged.is_set()
        self._nudged.clear()
        mark = await self._store.change_mark()
        if mark == self._seen and not nudged:
            return
        self._seen = mark if await self._look() else None

    async def _look(self) -> bool:
        """Whether nothing that was seen must be looked at again."""
        self._row_moved()
        for handoff in await self._store.handoffs(call_id=self._call, state=HandoffState.REQUESTED):
            # The model's own is known, and on its way, since before its row was written.
            if handoff.from_job == self._job and handoff.requested_by not in {MODEL, RULE}:
                self._order_transfer(handoff)
        return self._take_requests(await self._store.requests(self._call, state=RequestState.REQUESTED))
