"""A holder's inbox for operators' requests: it reads the store after every commit and every nudge."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from livekit import rtc

from persistence.access import Listener
from persistence.contract.store import Store
from persistence.records import (
    MODEL,
    RULE,
    Call,
    CallId,
    Handoff,
    HandoffState,
    JobId,
    OperatorRequest,
    RequestState,
)
from persistence.retry import until_answered
from transfer.protocol import NUDGE_TOPIC

_SEEN_WITHIN_S = 0.2
"""Without a nudge, a row must be seen within 250 ms."""

_MIN_PAUSE_S = 0.02
"""The shortest pause between two reads: a flood of nudges must not keep the store busy."""

_STORE_LIMIT_S = 2.0
_WAIT_S = 1.0


class OperatorInbox:
    """Reads the store, and passes on what it finds.

    `accept_requests` returns whether it accepted all of them. `follow_call` gets the call's row and, if the
    call is closed, the open call that has replaced it in the room, or None. `follow_listeners` gets the
    call's listeners.
    """

    def __init__(
        self,
        store: Store,
        call: CallId,
        job: JobId,
        *,
        order_transfer: Callable[[Handoff], None],
        row_moved: Callable[[], None],
        follow_call: Callable[[Call, Call | None], None],
        follow_listeners: Callable[[Sequence[Listener]], None],
        accept_requests: Callable[[Sequence[OperatorRequest]], bool],
    ) -> None:
        """`job` is this agent's job, which holds `call`."""
        self._store = store
        self._call = call
        self._job = job
        self._order_transfer = order_transfer
        self._row_moved = row_moved
        self._follow_call = follow_call
        self._follow_listeners = follow_listeners
        self._accept_requests = accept_requests
        self._due = asyncio.Event()

    def attach(self, room: rtc.Room) -> None:
        """Accept nudges from the room's server, not from participants."""

        def on_data(packet: rtc.DataPacket) -> None:
            if packet.topic == NUDGE_TOPIC and packet.participant is None:
                self._due.set()

        room.on("data_received", on_data)

    async def poll_store(self) -> None:
        """Read after every nudge and commit, until cancelled. Retries if the store does not answer."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._await_commits(), name="commits")
            while True:
                await self._due.wait()
                self._due.clear()
                if await self._answer(self._read):
                    await asyncio.sleep(_MIN_PAUSE_S)
                else:
                    await asyncio.sleep(_SEEN_WITHIN_S)
                    self._due.set()

    async def _await_commits(self) -> None:
        changes = self._store.changes(within_s=_SEEN_WITHIN_S, call_id=self._call)
        while True:
            if await self._answer(lambda: changes.changed(_WAIT_S)):
                self._due.set()

    async def _answer(self, ask: Callable[[], Awaitable[bool]]) -> bool:
        return await until_answered(ask, "requests not polled", try_limit_s=_STORE_LIMIT_S, call=self._call)

    async def _read(self) -> bool:
        """Pass on what the store has. Returns False if the requests must be read again."""
        self._row_moved()
        if (row := await self._store.call(self._call)) is not None:
            over = row.ended_at is not None
            self._follow_call(row, await self._store.open_call_in(row.room) if over else None)
        self._follow_listeners(await self._store.listeners_of(self._call))
        for handoff in await self._store.handoffs(call_id=self._call, state=HandoffState.REQUESTED):
            # The model's own handoffs are already being carried out: the desk wrote their rows.
            if handoff.from_job == self._job and handoff.requested_by not in {MODEL, RULE}:
                self._order_transfer(handoff)
        return self._accept_requests(await self._store.requests(self._call, state=RequestState.REQUESTED))
