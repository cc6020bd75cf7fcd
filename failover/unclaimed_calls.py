"""Callers whose agent died before their call had a row: all that is known is what the agent was told."""

from __future__ import annotations

import logging

from errors import LineFailed, StoreError
from failover.heartbeat import Gone
from failover.policy import MINUTE_MS
from failover.redispatch import Redispatch
from persistence.contract.workers import WorkerStore
from transfer.livekit.server_api import ServerApi
from transfer.ports import Clock
from transfer.protocol import AnswerCall, is_agents

log = logging.getLogger(__name__)


class UnclaimedCalls:
    """One worker's. Whoever it calls in looks for itself whether the caller has been answered meanwhile."""

    def __init__(
        self,
        store: WorkerStore,
        server: ServerApi,
        redispatch: Redispatch,
        clock: Clock,
        *,
        times_a_minute: int,
    ) -> None:
        self._store = store
        self._server = server
        self._redispatch = redispatch
        self._clock = clock
        self._times_a_minute = times_a_minute
        self._called: list[tuple[int, str]] = []  # when, ms UTC, into which room; within the last minute

    async def see_to(self, gone: Gone) -> None:
        """Have the caller answered who still waits for the dead job. Never raises."""
        if gone.answering is None or await self._has_answered(gone):
            return
        try:
            present = await self._server.present(gone.room) or ()
            if all(is_agents(who) for who in present):
                return
            await self._call_in(gone.room, gone.answering)
        except LineFailed as error:
            log.warning("a caller waits, and nobody could be called in", extra={"why": str(error)})

    async def _call_in(self, room: str, task: AnswerCall) -> None:
        now = self._clock.now_ms()
        self._called = [(at, where) for at, where in self._called if at > now - MINUTE_MS]
        tries = sum(where == room for _, where in self._called)
        if tries >= self._times_a_minute:
            log.error("an agent dies each time before it answers", extra={"room": room})
            return
        self._called.append((now, room))
        await self._redispatch(room, task, tries)
        log.info("somebody is called in to answer", extra={"room": room})

    async def _has_answered(self, gone: Gone) -> bool:
        try:
            return await self._store.has_answered(gone.room, gone.job)
        except StoreError:
            return False  # rather one too many, who leaves, than nobody
