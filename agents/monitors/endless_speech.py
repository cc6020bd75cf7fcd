"""Tells a caller whose sound never pauses, such as music or a television, that we cannot understand them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from livekit.agents import AgentSession, UserInputTranscribedEvent

from agents.groq.stt.groq_stt import GroqSTT
from agents.groq.stt.stream import ENDLESS

log = logging.getLogger(__name__)

_TIMES_IN_A_ROW = 3
"""After this many in a row, nobody listens to the line."""


class EndlessSpeechMonitor:
    """`play_filler` plays a line that the sound cannot interrupt, and returns whether it was played.

    `busy`: the caller is not expected to speak.
    """

    def __init__(
        self,
        session: AgentSession[Any],
        play_filler: Callable[[str], Awaitable[bool]],
        line: str,
        *,
        busy: Callable[[], bool],
        record: Callable[[str, str], None],
    ) -> None:
        """`record` gets the part and the kind of trouble."""
        self._play_filler, self._line, self._busy, self._record = play_filler, line, busy, record
        self._endless = asyncio.Event()
        self._in_a_row = 0
        if isinstance(session.stt, GroqSTT):
            session.stt.on(ENDLESS, self._on_endless)
        session.on("user_input_transcribed", self._on_words)

    def _on_endless(self) -> None:
        self._record("hearing", ENDLESS)
        self._in_a_row += 1
        self._endless.set()

    def _on_words(self, event: UserInputTranscribedEvent) -> None:
        if event.is_final:
            self._in_a_row = 0
            self._endless.clear()

    async def ask_for_quiet(self) -> None:
        """Play the line whenever the sound does not pause. Run until cancelled."""
        while True:
            await self._endless.wait()
            self._endless.clear()
            if self._busy() or self._in_a_row > _TIMES_IN_A_ROW:
                continue
            played = await self._play_filler(self._line)
            log.info("caller never pauses", extra={"told": played})
