"""The holder's side of a caller's page: shows it what happens and what is said, and takes typed lines.

A caller has a page only if their token asks for it. Its words go to that caller alone, and into no log.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from livekit import rtc
from livekit.rtc.participant import PublishDataError

from agents.call.active_call import ActiveCall
from agents.call.optional_tools import has_page
from agents.monitors.call_end import EndCall
from errors import VoiceFailed
from tasks import BackgroundTasks
from transfer.livekit.rpc import read, refused
from transfer.page_protocol import (
    PAGE_TOPIC,
    TYPED,
    TYPING,
    Caption,
    Situation,
    Typed,
    TypedAnswer,
)

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.2
_AGAIN_S = 1.0
"""If a page gets no message for longer than this, it tells its caller that nobody is there at the moment."""
_SEND_LIMIT_S = 2.0
_LINES, _LINES_WITHIN_S = 5, 10.0
"""How many typed lines are accepted within that time: a person does not type faster."""


class CallerPage:
    """One holder's link to the caller's page. `on_hold`: the caller is on hold, but not for a handoff."""

    def __init__(self, call: ActiveCall, *, on_hold: Callable[[], bool]) -> None:
        self._call, self._on_hold = call, on_hold
        self._room = call.ctx.room
        self._typed_at: deque[float] = deque(maxlen=_LINES)
        self._taken_ids: deque[str] = deque(maxlen=_LINES)
        self._shown: Situation | None = None
        self._shown_at = 0.0
        self._replies = BackgroundTasks()
        self._one_at_a_time = asyncio.Lock()

    async def keep_shown(self) -> None:
        """Show the call until it ends; if the caller is away, wait for their page. Never fails."""
        us = self._room.local_participant
        us.register_rpc_method(TYPED, self._on_typed)
        us.register_rpc_method(TYPING, self._on_typing)
        try:
            while self._may_have_page():
                await self.show_changes()
                await asyncio.sleep(_LOOK_EVERY_S)
        finally:
            await self._replies.cancel()

    async def show_changes(self) -> None:
        """Send what has changed since the last time, captions first, and return when it is sent."""
        async with self._one_at_a_time:
            if self._has_page():
                await self._send_changes()

    async def _send_changes(self) -> None:
        if self._shown is None:
            await self._show_situation()  # before our first words, so the page knows which agent to answer
        for caption in self._call.captions.take():
            await self._send(caption)
        await self._show_situation()

    async def _show_situation(self) -> None:
        now = self._situation()
        if now is not None and self._call.call_back_link:
            now = now.model_copy(update={"call_back": self._call.call_back_link})
        again = asyncio.get_running_loop().time() - self._shown_at >= _AGAIN_S
        if now is not None and (again or now != self._shown):
            self._shown, self._shown_at = now, asyncio.get_running_loop().time()
            await self._send(now)

    def _has_page(self) -> bool:
        return has_page(self._call)

    def _may_have_page(self) -> bool:
        """False if the caller is here without a page; a caller who is away may come back with one."""
        return self._has_page() or self._call.row.caller not in self._room.remote_participants

    def _situation(self) -> Situation | None:
        """Return what is happening; None once another agent holds the call and informs the page itself."""
        call, role = self._call, self._call.current_role.name
        if (end := call.ending.decision) is not None:
            return Situation(now="ending", role=role, why=end.how) if isinstance(end, EndCall) else None
        if (target := call.desk.waiting_for) is not None:
            if target == call.current_role.id:
                return Situation(now="moment", role=role)  # a move to another process
            name = call.process.roster.role(target).name
            return Situation(now="transfer", role=role, target=name)
        return Situation(now="hold" if self._on_hold() else "talking", role=role)

    async def _send(self, message: Situation | Caption) -> None:
        try:
            async with asyncio.timeout(_SEND_LIMIT_S):
                await self._room.local_participant.publish_data(
                    message.model_dump_json(),
                    topic=PAGE_TOPIC,
                    destination_identities=[self._call.row.caller],
                )
        except (TimeoutError, PublishDataError) as error:
            log.info("the caller's page was not updated", extra={"error": type(error).__name__})

    async def _on_typed(self, asked: rtc.RpcInvocationData) -> str:
        return self._take(self._from_caller(asked, Typed)).model_dump_json()

    async def _on_typing(self, asked: rtc.RpcInvocationData) -> str:
        if asked.caller_identity == self._call.row.caller:
            self._call.session.reset_away_timer()
        return ""

    def _from_caller(self, asked: rtc.RpcInvocationData, message: type[Typed]) -> Typed:
        """Raises: RpcError, which goes back to the sender."""
        if asked.caller_identity != self._call.row.caller or not self._has_page():
            raise refused("not the caller")
        return read(message, asked.payload)

    def _take(self, line: Typed) -> TypedAnswer:
        now = asyncio.get_running_loop().time()
        words = " ".join(line.words.split())
        if line.id in self._taken_ids:
            return TypedAnswer(taken=True)  # sent again, because our answer was lost
        if not any(letter.isalnum() for letter in words):
            raise refused("no words")
        if self._call.desk.busy:
            return TypedAnswer(taken=False, why="busy")
        if len(self._typed_at) == _LINES and now - self._typed_at[0] < _LINES_WITHIN_S:
            return TypedAnswer(taken=False, why="too-fast")
        self._typed_at.append(now)
        self._taken_ids.append(line.id)
        self._replies.start(self._reply(words), name="reply to a typed line")
        return TypedAnswer(taken=True)

    async def _reply(self, words: str) -> None:
        try:
            await self._call.voice.take_typed(words)
        except VoiceFailed:
            log.warning("no reply to a typed line", extra={"call": self._call.row.id})
