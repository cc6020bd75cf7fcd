"""One caller in line: hears their place, and music, until an agent takes the call."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from functools import partial

from livekit import rtc

from agents.call.goodbye import close_room
from agents.monitors.call_end import CallEnding, Disconnected, EndCall, HandedOver
from agents.monitors.caller_disconnect import CallerDisconnectMonitor
from agents.waiting.announcements import Announcements
from agents.waiting.means import WaitingMeans
from agents.waiting.page import WaitingPage
from agents.waiting.requests import end_if_requested
from agents.waiting.sound import CallerSound
from errors import StoreError
from persistence.records import Call, CallEnd, CallId, JobId
from transfer.livekit.kinds import may_be_agent
from transfer.livekit.rpc import refused
from transfer.protocol import ADMITTED, agent_identity

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 1.0
_TAKEN_LIMIT_S = 5.0
"""How long a job that has recorded itself as the holder may take to say that it speaks now."""
_LAST_LINE_LIMIT_S = 20.0
_ANSWERED_S = 1.0
_ROW_LIMIT_S = 0.5
"""The limit for reading the call's row: meanwhile, two may speak at once."""


class WaitingCaller:
    """One call in line. `sound` already plays in `room`. Call `follow` regularly."""

    def __init__(self, means: WaitingMeans, job: JobId, room: rtc.Room, sound: CallerSound) -> None:
        self._means, self._job, self._room, self._sound = means, job, room, sound
        self._ending = CallEnding()
        self._announcements = Announcements(means.lines, again_s=means.settings.call.hold_line_every_s)
        self._page = WaitingPage(room, means.first_role.name)
        self._row: Call | None = None
        self._was_in_line = False
        self._gone_since: float | None = None
        self._released = False
        room.local_participant.register_rpc_method(ADMITTED, self._on_admitted)

    def greet(self) -> None:
        self._say(self._announcements.greeting())

    def go_on(self) -> None:
        """Continue for a lost or draining waiting room: a voice at once, the place once it is read."""
        self._say(self._means.lines.still_waiting)

    def follow(self, line: Sequence[Call], now: float) -> None:
        """Announce our place in `line`, all calls that wait.

        Leave if another job holds our call and is silent.
        """
        row = self._row
        if row is None or self._ending.decided:
            return
        places = {call.id: place for place, call in enumerate(line, start=1) if call.holder_job == self._job}
        if row.id in places:
            self._was_in_line, self._gone_since = True, None
            self._page.place = places[row.id]
            for words in self._announcements.due(places[row.id], now):
                self._say(words)
        elif self._was_in_line and not self._released:
            self._gone_since = now if self._gone_since is None else self._gone_since
            if now - self._gone_since >= _TAKEN_LIMIT_S:
                self._ending.decide(HandedOver())

    async def hold(self, row: Call) -> None:
        """Keep the caller until an agent takes the call, it ends, or the caller gives up."""
        self._row = row
        departure = CallerDisconnectMonitor(
            self._room,
            row.caller,
            self._ending,
            self._means.settings.call,
            on_left=_nothing,
            on_back=lambda: None,
        )
        work = [
            departure.watch_caller(),
            self._obey_operators(row),
            self._limit(row),
            self._page.keep_shown(row.caller),
        ]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_guarded(each, self._ending)) for each in work]
            end = await self._ending.wait()
            if isinstance(end, EndCall):
                await self._end(row, end)
            for task in tasks:
                task.cancel()

    async def _obey_operators(self, row: Call) -> None:
        while True:
            try:
                await end_if_requested(self._means, row, self._job, self._ending)
            except StoreError as error:
                log.warning("requests were not read", extra={"call": row.id, "error": str(error)})
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _limit(self, row: Call) -> None:
        waited_s = (self._means.clock.now_ms() - (row.queued_at or row.started_at)) / 1000
        await asyncio.sleep(max(0.0, self._means.settings.call.longest_call_s - waited_s))
        goodbye = self._means.lines.too_long_goodbye
        self._ending.decide(EndCall(CallEnd.TOO_LONG, goodbye=goodbye, hang_up=True))

    async def _on_admitted(self, asked: rtc.RpcInvocationData) -> str:
        """Release the call to its new holder, an agent or a waiting room. Answer once we are silent."""
        if not await self._is_holder(asked.caller_identity):
            raise refused("not the agent that holds this call")
        self._released = True
        self._sound.mix.finish()
        await self._sound_ended()
        # Not at once: once we have left the room, the answer would never arrive.
        asyncio.get_running_loop().call_later(_ANSWERED_S, self._ending.decide, HandedOver())
        return ""

    async def _is_holder(self, identity: str) -> bool:
        """Judge by its kind, and by the row, in which a holder records itself before it calls us."""
        if not may_be_agent(self._room, identity):
            return False
        try:
            async with asyncio.timeout(_ROW_LIMIT_S):
                call = await self._means.store.open_call_in(self._room.name)
        except (StoreError, TimeoutError):
            return identity in self._room.remote_participants
        return call is not None and identity == agent_identity(call.holder_job)

    async def _end(self, row: Call, end: EndCall) -> None:
        means, how = self._means, row.left if end.how is CallEnd.CALLER_LEFT else end.how
        if end.goodbye is not None:
            self._say(end.goodbye)
            self._sound.mix.finish_after_lines()
            await self._sound_ended()
        ended = partial(means.store.end_call, CallId(row.id), how, job=self._job, at=means.clock.now_ms())
        await means.write_queue.write(ended)
        log.info("a caller has left the line", extra={"call": row.id, "how": how})
        if end.hang_up:
            await close_room(means.server, row.room)

    async def _sound_ended(self) -> None:
        try:
            async with asyncio.timeout(_LAST_LINE_LIMIT_S):
                await self._sound.ended.wait()
        except TimeoutError:
            log.warning("a line in the waiting room did not end")

    def _say(self, words: str) -> None:
        self._page.caption(words)
        self._sound.mix.say(self._means.line(words))


async def _nothing() -> None:
    return None


async def _guarded(work: Awaitable[None], ending: CallEnding) -> None:
    """Run a task. If it fails, end this job; recovery then finds another for the caller."""
    try:
        await work
    except Exception:
        log.exception("a caller in line is left to recovery")
        ending.decide(Disconnected())
