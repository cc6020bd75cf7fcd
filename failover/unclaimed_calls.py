"""Callers whose agent died before their call had a row: known only from the dead job's dispatch."""

from __future__ import annotations

import asyncio
import logging

from livekit.api import ParticipantInfo

from errors import LineFailed, StoreError
from failover.heartbeat import ProcessExit
from failover.policy import MINUTE_MS
from failover.redispatch import Redispatch
from persistence.contract.workers import WorkerStore
from transfer.livekit.server_api import ServerApi
from transfer.ports import Clock
from transfer.protocol import AnswerCall, agent_identity

log = logging.getLogger(__name__)

_AGAIN_S = 1.0


class UnclaimedCalls:
    """One worker's. A room gets at most `times_a_minute` redispatches a minute.

    The new agent checks whether another one has answered meanwhile (agents/jobs/duplicate_check.py).
    """

    def __init__(
        self,
        store: WorkerStore,
        server: ServerApi,
        redispatch: Redispatch,
        clock: Clock,
        *,
        times_a_minute: int,
        limit_s: float,
    ) -> None:
        """`limit_s`: how long to keep asking a server that does not answer."""
        self._store = store
        self._server = server
        self._redispatch = redispatch
        self._clock = clock
        self._times_a_minute = times_a_minute
        self._limit_s = limit_s
        self._redispatched: list[tuple[int, str]] = []  # (ms UTC, room), within the last minute

    async def answer_again(self, dead: ProcessExit) -> None:
        """Dispatch another agent if the dead job's caller still waits for an answer. Never raises."""
        if dead.answering is None or await self._has_answered(dead):
            return
        try:
            async with asyncio.timeout(self._limit_s):
                while not await self._sees_to_caller(dead, dead.answering):  # noqa: ASYNC110 - no event says
                    await asyncio.sleep(_AGAIN_S)  # that the server answers again
        except TimeoutError:
            log.exception("no agent for a waiting caller", extra={"room": dead.room})

    async def _sees_to_caller(self, dead: ProcessExit, task: AnswerCall) -> bool:
        """False: the server did not answer, or nobody can be in the room."""
        try:
            present = await self._server.participants(dead.room) or ()
            others = [each for each in present if each.identity != agent_identity(dead.job)]
            if others and not any(each.kind == ParticipantInfo.Kind.AGENT for each in others):
                who = [each.identity for each in others]
                if not any([await self._server.is_connected(dead.room, one) for one in who]):
                    return False  # their node is dead: they are about to reconnect, or gone
                await self._dispatch(dead.room, task)
        except LineFailed as error:
            log.warning("no agent for a waiting caller yet", extra={"room": dead.room, "error": str(error)})
            return False
        return True

    async def _dispatch(self, room: str, task: AnswerCall) -> None:
        now = self._clock.now_ms()
        self._redispatched = [(at, where) for at, where in self._redispatched if at > now - MINUTE_MS]
        tries = sum(where == room for _, where in self._redispatched)
        if tries >= self._times_a_minute:
            log.error("agents keep dying before they answer, hanging up", extra={"room": room})
            await self._server.delete_room(room)
            return
        self._redispatched.append((now, room))
        await self._redispatch(room, task, tries)
        log.info("agent redispatched to answer", extra={"room": room})

    async def _has_answered(self, dead: ProcessExit) -> bool:
        try:
            return await self._store.has_answered(dead.room, dead.job)
        except StoreError:
            return False  # a superfluous agent leaves again; a caller without one waits
