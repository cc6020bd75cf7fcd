"""Captions of a session: an agent's words as they are heard, a caller's once they are transcribed."""

from __future__ import annotations

from typing import Any

from livekit.agents import AgentSession, ConversationItemAddedEvent
from livekit.agents.llm import ChatMessage
from livekit.agents.voice.io import PlaybackFinishedEvent, PlaybackStartedEvent

from agents.session.barge_in_transcript import Playback
from agents.session.transcript import is_spoken_by_caller
from transfer.page_protocol import Caption

_KEPT = 50
"""The most captions kept. If nobody takes them, as in a call without a page, the oldest are dropped."""


class Captions:
    """Collects changes until they are taken. `role` is the agent's spoken name."""

    def __init__(self, role: str) -> None:
        self._role = role
        self._line = 0
        self._playback: Playback | None = None
        self._playing: int | None = None  # the line that plays now
        self._shown = ""  # of that line
        self._ready: list[Caption] = []

    def attach(self, session: AgentSession[Any]) -> None:
        """Follow a started session."""
        assert isinstance(session.output.audio, Playback)
        self._playback = session.output.audio
        self._playback.on("playback_started", self._on_started)
        self._playback.on("playback_finished", self._on_finished)
        session.on("conversation_item_added", self._on_item)

    def take(self) -> list[Caption]:
        """Return every caption that is new or has changed since the last call."""
        taken, self._ready = self._ready, []
        if self._playing is not None and self._playback is not None:
            heard = self._playback.heard_so_far
            if heard != self._shown:
                self._shown = heard
                taken.append(Caption(line=self._playing, role=self._role, words=heard, over=False))
        return taken

    def show(self, words: str) -> None:
        """Show words that are spoken outside the session, such as a filler."""
        self._add(self._next(), self._role, words)

    def _on_started(self, _: PlaybackStartedEvent) -> None:
        self._playing, self._shown = self._next(), ""

    def _on_finished(self, event: PlaybackFinishedEvent) -> None:
        if self._playing is None or self._playback is None:
            return
        words = (event.synchronized_transcript or "") if event.interrupted else self._playback.whole_text
        self._add(self._playing, self._role, words.strip())
        self._playing = None

    def _on_item(self, event: ConversationItemAddedEvent) -> None:
        item = event.item
        if isinstance(item, ChatMessage) and is_spoken_by_caller(item):
            self._add(self._next(), None, item.text_content or "")

    def _next(self) -> int:
        self._line += 1
        return self._line

    def _add(self, line: int, role: str | None, words: str) -> None:
        self._ready = [*self._ready[1 - _KEPT :], Caption(line=line, role=role, words=words, over=True)]
