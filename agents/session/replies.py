"""Follows a session's replies as they end: what each one said, and whether it worked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from livekit.agents import AgentSession, SpeechCreatedEvent
from livekit.agents.llm import ChatMessage, FunctionCall
from livekit.agents.voice import SpeechHandle


def on_reply(session: AgentSession[Any], ended: Callable[[SpeechHandle], None]) -> None:
    """Call `ended` with every model reply that is over, even if discarded; spoken lines are not replies."""

    def on_speech(event: SpeechCreatedEvent) -> None:
        if event.source == "generate_reply":
            event.speech_handle.add_done_callback(ended)

    session.on("speech_created", on_speech)


def heard_words(reply: SpeechHandle) -> str:
    """Return what the caller heard of the reply; empty if nothing."""
    said = [item.text_content or "" for item in reply.chat_items if isinstance(item, ChatMessage)]
    return " ".join(words for words in said if words)


def worked(reply: SpeechHandle) -> bool:
    """Whether the caller heard words or a tool was called."""
    return bool(heard_words(reply)) or any(isinstance(item, FunctionCall) for item in reply.chat_items)
