"""Finds callers with neither an agent nor an open call, and has them answered, or closes their room.

Every other part of recovery begins with an agent that is lost. This one begins with the rooms, so it finds
callers whatever the reason: they came back after their call had ended, their agent died with its worker
before the call had a row, or the room outlived the goodbye because livekit-server did not answer.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from livekit.protocol.models import ParticipantInfo

from errors import LineFailed, NobodyServes, StoreError
from failover.outage_log import OutageLog
from persistence.contract.calls import CallStore
from persistence.records import Call, CallEnd
from transfer.livekit.server_api import ServerApi
from transfer.ports import Clock
from transfer.protocol import AnswerCall, agent_identity, read_dispatch

log = logging.getLogger(__name__)

POLL_EVERY_S = 1.0
_ALONE_MS = 1_000
"""An agent that is dispatched with the room, or that replaces a lost one, may need this long to join.

A caller who hung up and is back in the same room, as after a reload of their page, waits for no such agent.
"""

_AGAIN_MS = 8_000
"""Pause before the next dispatch: an agent without a warm process needs seconds, and one may never come if
every worker is full."""

_PEOPLE = {ParticipantInfo.Kind.STANDARD, ParticipantInfo.Kind.SIP}
_UNAWARE = {CallEnd.CALLER_LEFT, CallEnd.GAVE_UP, CallEnd.NO_CALLER, CallEnd.CALL_BACK}
"""How a call may end without a goodbye: nobody seemed to be there, or the caller hung up in an outage."""


class WaitingCallers:
    """One worker's. Two workers may see to the same caller: the second agent leaves before it joins."""

    def __init__(self, store: CallStore, server: ServerApi, clock: Clock, *, departure_s: float) -> None:
        self._store, self._server, self._clock = store, server, clock
        self._departure_ms = round(departure_s * 1000)
        self._alone_since: dict[str, int] = {}  # by room, ms UTC
        self._acted_at: dict[str, int] = {}
        # By room: sids. livekit-server keeps listing a dead node's participants; a reconnect has a new one.
        self._listed: dict[str, frozenset[str]] = {}
        self._ghosts: dict[str, frozenset[str]] = {}
        self._outage = OutageLog(log, "rooms not looked at")

    async def poll(self) -> None:
        """Look at every room once. The next poll repeats what fails now."""
        try:
            held = await self._store.open_rooms()
            # Not by the rooms' own counts of participants: livekit-server updates those every 5 s.
            rooms = [room.name for room in await self._server.rooms()]
            self._listed = {}
            alone = {
                name: people for name in rooms if name not in held and (people := await self._alone(name))
            }
            now = self._clock.now_ms()
            self._alone_since = {name: self._alone_since.get(name, now) for name in alone}
            self._acted_at = {name: at for name, at in self._acted_at.items() if name in alone}
            self._ghosts = {name: sids for name, sids in self._ghosts.items() if name in rooms}
            for name, people in alone.items():
                call = await self._store.latest_call_in(name)
                if self._is_due(name, now, call, at_once=self._is_back(call, people, now)):
                    await self._see_to_living(name, people, call)
            self._outage.worked()
        except (LineFailed, StoreError) as error:
            self._outage.failed(error)
        except Exception:  # the look after this one may find who is alone
            log.exception("rooms not looked at")

    async def _alone(self, room: str) -> Sequence[str]:
        """The people in a room; empty if an agent, anybody's, is with them.

        The agent of a call that is over does not count: it needs a second to close its session.
        """
        present = await self._server.participants(room) or ()
        self._listed[room] = frozenset(each.sid for each in present)
        if self._ghosts.get(room) == self._listed[room]:
            return ()
        people = [each.identity for each in present if each.kind in _PEOPLE and not each.permission.hidden]
        agents = {each.identity for each in present if each.kind == ParticipantInfo.Kind.AGENT}
        if people and agents and (call := await self._store.latest_call_in(room)) is not None:
            agents -= {agent_identity(call.holder_job)}
        return () if agents else people

    def _is_back(self, call: Call | None, people: Sequence[str], now: int) -> bool:
        return (
            call is not None
            and call.ended_how in {CallEnd.CALLER_LEFT, CallEnd.GAVE_UP}
            and call.caller in people
            and now - (call.ended_at or 0) <= self._departure_ms
        )

    def _is_due(self, room: str, now: int, call: Call | None, *, at_once: bool) -> bool:
        acted_at = self._acted_at.get(room, now - _AGAIN_MS)
        hung_up_since = call is not None and (call.ended_at or 0) > acted_at  # so the agent had come
        if not hung_up_since and now - acted_at < _AGAIN_MS:
            return False
        return at_once or now - self._alone_since[room] >= _ALONE_MS

    async def _see_to_living(self, room: str, people: Sequence[str], call: Call | None) -> None:
        """An agent that came to a dead node's room before its caller would be in a room of its own."""
        try:
            await self._see_to(room, people, call)
        except NobodyServes:
            log.warning("a room's node is dead, waiting for its people", extra={"room": room})
            self._ghosts[room] = self._listed[room]

    async def _see_to(self, room: str, people: Sequence[str], call: Call | None) -> None:
        self._acted_at[room] = self._clock.now_ms()
        if call is not None and call.ended_at is None:
            return  # it was opened while we looked
        if call is not None and _was_told_goodbye(call, people):
            log.warning("a room outlived its call, closing it", extra={"call": call.id})
            await self._server.delete_room(room)
            return
        dispatched = await self._server.first_dispatch(room)
        if call is None and dispatched is None:
            return  # another program's room
        log.warning("a caller is alone, dispatching an agent", extra={"room": room})
        await self._server.dispatch(room, _task(dispatched, people))


def _task(dispatched: str | None, people: Sequence[str]) -> AnswerCall:
    """As the room's first agent was dispatched, but for a caller who is not there."""
    task = read_dispatch(dispatched) if dispatched else None
    if not isinstance(task, AnswerCall):
        return AnswerCall()
    return task if task.caller in people else AnswerCall(role=task.role)


def _was_told_goodbye(call: Call, people: Sequence[str]) -> bool:
    return call.ended_how not in _UNAWARE and call.caller in people
