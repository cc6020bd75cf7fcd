"""A session's replies as they end: whether one worked, what it said, and what it did."""

from __future__ import annotations

from collections.abc import Callable

from livekit.agents import AgentSession, SpeechCreatedEvent
from livekit.agents.llm import ChatMessage, FunctionCall
from livekit.agents.voice import SpeechHandle


def on_reply(session: AgentSession[None], ended: Callable[[SpeechHandle], None]) -> None:
    """Call `ended` with every reply of the model once it is over, dropped ones too; lines are no replies."""

    def on_speech(event: SpeechCreatedEvent) -> None:
        if event.source == "generate_reply":
            event.speech_handle.add_done_callback(ended)

    session.on("speech_created", on_speech)


def words_of(reply: SpeechHandle) -> str:
    """What of it the caller heard; empty where there was nothing."""
    said = [item.text_content or "" for item in reply.chat_items if isinstance(item, ChatMessage)]
    return " ".join(words for words in said if words)


def worked(reply: SpeechHandle) -> bool:
    """Whether the caller heard words, or a tool was used."""
    return bool(words_of(reply)) or any(isinstance(item, FunctionCall) for item in reply.chat_items)
