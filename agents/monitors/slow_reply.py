"""A caller who waits for a slow reply hears a word meanwhile: nothing else bounds what one turn may take.

Hearing, reply and speech have limits and second tries of their own; together they may last for seconds.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from itertools import cycle

from livekit.agents import AgentSession, AgentStateChangedEvent, UserStateChangedEvent

from agents.groq.stt.stream import HearingNow
from settings import CallSettings

log = logging.getLogger(__name__)

_ANSWERED_WITHIN_S = 10.0
"""A reply that begins later than this after the caller's last sound is no answer to it."""

_AGAIN_S = 0.2
"""So soon is a word tried again that could not be put in: a reply is about to sound, or is held back."""


class SlowReplyMonitor:
    """`hears` says how the hearing is getting on; `say` speaks a line past the queue, to its end.

    `say` returns whether the line was spoken.
    """

    def __init__(
        self,
        session: AgentSession[None],
        say: Callable[[str], Awaitable[bool]],
        lines: Sequence[str],
        settings: CallSettings,
        *,
        hears: Callable[[], HearingNow],
        busy: Callable[[], bool],
    ) -> None:
        self._session, self._say, self._lines, self._settings = session, say, lines, settings
        self._hears, self._busy = hears, busy
        self._asked, self._moved = asyncio.Event(), asyncio.Event()
        self._silent_since = 0.0
        self._unanswered = False
        session.on("user_state_changed", self._on_user)
        session.on("agent_state_changed", self._on_agent)

    def _on_user(self, event: UserStateChangedEvent) -> None:
        self._moved.set()
        if event.old_state == "speaking":
            now = asyncio.get_running_loop().time()
            self._silent_since = max(self._hears().spoke_until, now - self._settings.patience_s)
            self._unanswered = True
            self._asked.set()
        elif event.new_state == "speaking":
            self._unanswered = False
            self._asked.clear()

    def _on_agent(self, event: AgentStateChangedEvent) -> None:
        if event.new_state == "speaking":
            if not self._hears().making_out:  # else it goes on with what it was saying before
                self._unanswered = False
            self._asked.clear()
            self._moved.set()
            return
        if event.old_state == "speaking":
            self._silent_since = asyncio.get_running_loop().time()
        if self._unanswered and self._is_recent():
            self._asked.set()  # when they looked before, nothing seemed to be awaited

    def _is_recent(self) -> bool:
        return asyncio.get_running_loop().time() - self._silent_since < _ANSWERED_WITHIN_S

    async def run(self) -> None:
        """Speak whenever it is needed, for as long as the call lasts."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            await self._see_turn_through()

    async def _see_turn_through(self) -> None:
        """From the caller's last sound until somebody speaks, or there is nothing to wait for."""
        now = asyncio.get_running_loop().time
        lines = cycle(self._lines)
        line, until = next(lines), self._silent_since + self._settings.patience_s
        while await self._still_silent(until) and self._awaited():
            began = now()
            if await self._say(line):
                log.info("a word for who waits", extra={"silent_s": round(began - self._silent_since, 2)})
                line, until = next(lines), now() + self._settings.patience_s
            else:
                until = now() + _AGAIN_S

    async def _still_silent(self, until: float) -> bool:
        self._moved.clear()
        try:
            async with asyncio.timeout_at(until):
                await self._moved.wait()
        except TimeoutError:
            return True
        return False

    def _awaited(self) -> bool:
        if self._busy() or "speaking" in {self._session.user_state, self._session.agent_state}:
            return False
        return self._hears().making_out or self._session.agent_state == "thinking"
