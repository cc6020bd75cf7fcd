"""Reports model errors to the caller and records them; also limits a call's duration."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from livekit.agents import (
    AgentSession,
    ConversationItemAddedEvent,
    ErrorEvent,
    SpeechCreatedEvent,
)
from livekit.agents.llm import ChatMessage
from livekit.agents.stt import STTError

from agents.groq.errors import error_label
from agents.monitors.call_end import CallEnding, EndCall
from agents.session.voice import SessionVoice
from persistence.records import CallEnd

log = logging.getLogger(__name__)


async def end_after_limit(seconds_left: float, ending: CallEnding, goodbye: str) -> None:
    """End a call once its time is up."""
    await asyncio.sleep(max(0.0, seconds_left))
    ending.decide(EndCall(CallEnd.TOO_LONG, goodbye=goodbye, hang_up=True))


_PARTS = {"llm_error": "chat", "stt_error": "hearing", "tts_error": "speaking"}


def describe_error(error: object) -> tuple[str, str]:
    """Return the part of the session that failed, and a label for the error. Never what people said."""
    part = _PARTS.get(getattr(error, "type", ""), "other")
    return part, error_label(getattr(error, "error", error))


class ModelErrorMonitor:
    """After a model error, asks the caller to repeat: the caller must not be left in silence.

    A reply is prepared while the caller may still be speaking. Its error is reported only once the turn is
    over: before that, the line would talk over the caller, whose next words would interrupt it.
    """

    def __init__(
        self,
        session: AgentSession[Any],
        voice: SessionVoice,
        next_words: Callable[[], str | None],
        busy: Callable[[], bool],
        record: Callable[[str, str], None],
    ) -> None:
        """`record` gets the part and the error of each failure. `next_words`: None ends the call."""
        self._voice, self._next_words, self._busy, self._record = voice, next_words, busy, record
        self._trouble = asyncio.Event()
        self._turn_over, self._failed_ahead = True, False
        session.on("error", self._on_error)
        session.on("speech_created", self._on_speech)
        session.on("conversation_item_added", self._on_item)

    def _on_speech(self, event: SpeechCreatedEvent) -> None:
        if event.source == "generate_reply":
            self._turn_over, self._failed_ahead = False, False

    def _on_item(self, event: ConversationItemAddedEvent) -> None:
        if isinstance(event.item, ChatMessage) and event.item.role == "user":
            self._turn_over = True
            if self._failed_ahead:
                self._failed_ahead = False
                self._trouble.set()

    def _on_error(self, event: ErrorEvent) -> None:
        error = event.error
        self._record(*describe_error(error))
        log.error(
            "model failed",
            extra={
                "kind": getattr(error, "type", "unknown"),
                "recoverable": getattr(error, "recoverable", False),
            },
        )
        if getattr(error, "recoverable", False):
            return
        if self._turn_over or isinstance(error, STTError):
            self._trouble.set()
        else:
            self._failed_ahead = True

    async def report_errors(self) -> None:
        """Speak to the caller after each error. Run until cancelled."""
        while True:
            await self._trouble.wait()
            self._trouble.clear()
            if self._busy():
                continue
            if (words := self._next_words()) is not None:
                await self._voice.speak(words)
