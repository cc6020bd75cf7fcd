"""Plays fillers while a reply is slow. Nothing else limits how long a caller waits in one turn.

STT, LLM and TTS each have timeouts and retries of their own; together they may take seconds.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from itertools import cycle
from typing import Any

from livekit.agents import (
    AgentSession,
    AgentStateChangedEvent,
    FunctionToolsExecutedEvent,
    UserStateChangedEvent,
)

from agents.groq.stt.stream import STTActivity
from settings import CallSettings

log = logging.getLogger(__name__)

_ANSWERED_WITHIN_S = 10.0
"""A reply that starts later than this after the caller's last sound is not an answer to it."""

_AFTER_TURN_S = 0.75
"""A turn with unfinished words ends late. Its reply is ready by then, and gets this time before a filler."""
_RETRY_S = 0.2
"""Pause before a filler that could not play is retried: a reply is about to start, or is paused."""


class SlowReplyMonitor:
    """`stt_progress` returns the STT's state. `play_filler` returns after the line whether it was played."""

    def __init__(
        self,
        session: AgentSession[Any],
        play_filler: Callable[[str], Awaitable[bool]],
        lines: Sequence[str],
        settings: CallSettings,
        *,
        stt_progress: Callable[[], STTActivity],
        busy: Callable[[], bool],
    ) -> None:
        self._session, self._play_filler, self._lines, self._settings = session, play_filler, lines, settings
        self._stt_progress, self._busy = stt_progress, busy
        self._turn_ended, self._state_changed = asyncio.Event(), asyncio.Event()
        self._silent_since = 0.0
        self._unanswered = False
        session.on("user_state_changed", self._on_user)
        session.on("agent_state_changed", self._on_agent)
        session.on("function_tools_executed", self._on_tools)

    def _on_user(self, event: UserStateChangedEvent) -> None:
        self._state_changed.set()
        if event.old_state == "speaking":
            now = asyncio.get_running_loop().time()
            self._silent_since = max(self._stt_progress().last_speech_at, now - self._settings.patience_s)
            self._unanswered = True
            self._turn_ended.set()
        elif event.new_state == "speaking":
            self._unanswered = False
            self._turn_ended.clear()

    def _on_agent(self, event: AgentStateChangedEvent) -> None:
        if event.new_state == "speaking":
            if not self._stt_progress().transcribing:  # else it resumes what it was saying before
                self._unanswered = False
            self._turn_ended.clear()
            self._state_changed.set()
            return
        if event.old_state == "speaking":
            self._silent_since = asyncio.get_running_loop().time()
        if self._unanswered and self._is_recent():
            self._turn_ended.set()  # an earlier check found nothing to wait for

    def _on_tools(self, event: FunctionToolsExecutedEvent) -> None:
        """The caller waits for the reply to a tool's answer, even if words were said meanwhile."""
        if event.has_tool_reply:
            self._unanswered = True
            if self._session.agent_state != "speaking":
                self._turn_ended.set()

    def _is_recent(self) -> bool:
        return asyncio.get_running_loop().time() - self._silent_since < _ANSWERED_WITHIN_S

    async def fill_silences(self) -> None:
        """Play fillers in late turns. Run until cancelled."""
        while True:
            await self._turn_ended.wait()
            self._turn_ended.clear()
            await self._fill_turn()

    async def _fill_turn(self) -> None:
        """Play fillers from the caller's last sound until anyone speaks or no reply is under way."""
        now = asyncio.get_running_loop().time
        lines = cycle(self._lines)
        line, until = next(lines), self._silent_since + self._settings.patience_s
        while await self._still_silent(until) and self._reply_under_way():
            began = now()
            if (due := self._turn_end() + _AFTER_TURN_S) > began:
                until = due
            elif await self._play_filler(line):
                log.info("filler played", extra={"silent_s": round(began - self._silent_since, 2)})
                line, until = next(lines), now() + self._settings.patience_s
            else:
                until = now() + _RETRY_S

    def _turn_end(self) -> float:
        """Return when the caller's turn ended; now, if we wait on purpose as the caller may continue."""
        activity = self._stt_progress()
        return asyncio.get_running_loop().time() if activity.waiting else activity.turn_ended_at

    async def _still_silent(self, until: float) -> bool:
        self._state_changed.clear()
        try:
            async with asyncio.timeout_at(until):
                await self._state_changed.wait()
        except TimeoutError:
            return True
        return False

    def _reply_under_way(self) -> bool:
        if self._busy() or "speaking" in {self._session.user_state, self._session.agent_state}:
            return False
        return self._stt_progress().transcribing or self._session.agent_state == "thinking"
