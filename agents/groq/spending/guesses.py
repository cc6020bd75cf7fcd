"""Marks what was spent on a guess: a reply that LiveKit prepares while the caller may still go on."""

from __future__ import annotations

from livekit.agents.voice.speech_handle import SpeechHandle

from agents.groq.preemptive_reply import unsure_reply
from agents.groq.spending.book import BookEntry


def watch_guess(entry: BookEntry) -> None:
    """Mark the entry as thrown away if the reply that it serves is dropped without a turn to answer."""
    reply = unsure_reply()
    if reply is None:
        return

    def done(over: SpeechHandle) -> None:
        if not over.scheduled:
            entry.throw_away()

    reply.add_done_callback(done)
