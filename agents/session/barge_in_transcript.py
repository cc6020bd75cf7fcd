"""Truncates an interrupted reply to the part the caller heard before the barge-in.

LiveKit's TranscriptSynchronizer does this too, but it measures the speech rate with Fourier transforms on the
call's event loop, which blocks all audio for 100 to 300 ms.
"""

from __future__ import annotations

import time
from typing import Any

from livekit import rtc
from livekit.agents import AgentSession
from livekit.agents.voice.io import AudioOutput, AudioOutputCapabilities, TextOutput

from agents.groq.stt.echo import OwnSpeech

CHARACTERS_A_SECOND = 16.0
"""Speech rate: about 160 words a minute."""


def heard_text(text: str, *, played_s: float, sent_s: float) -> str:
    """Return the whole words of `text` that the first `played_s` of its `sent_s` seconds of audio contain.

    `sent_s` is too short if more audio was still to come, so CHARACTERS_A_SECOND also limits the result.
    """
    share = min(1.0, played_s / sent_s) if sent_s else 0.0
    length = round(min(len(text) * share, CHARACTERS_A_SECOND * played_s))
    if length >= len(text):
        return text
    return text[: length + 1].rpartition(" ")[0]


def truncate_on_barge_in(session: AgentSession[Any]) -> Playback:
    """Make a started session commit only the heard part of an interrupted reply."""
    assert session.output.audio is not None
    words = _ReplyText()
    session.output.transcription = words
    session.output.audio = playback = Playback(words, session.output.audio)
    return playback


class _ReplyText(TextOutput):
    """Keeps the current reply's text, which is not sent to the room."""

    def __init__(self) -> None:
        super().__init__(label="words", next_in_chain=None)
        self.text = ""
        self._complete = False

    async def capture_text(self, text: str) -> None:
        if self._complete:
            self.text, self._complete = "", False
        self.text += text

    def flush(self) -> None:
        self._complete = True


class Playback(AudioOutput):
    """Passes audio on unchanged, adds the heard text to its playback events, and reports it while playing."""

    def __init__(self, words: _ReplyText, audio: AudioOutput) -> None:
        super().__init__(
            label="playback",
            next_in_chain=audio,
            capabilities=AudioOutputCapabilities(pause=True),
            sample_rate=audio.sample_rate,
        )
        assert self.next_in_chain is not None
        self._words, self._audio = words, self.next_in_chain  # not `audio`: LiveKit wraps it in a proxy
        self._sent_s = 0.0
        self._played_s = 0.0  # until the latest pause
        self._plays_since: float | None = None
        self._playing = False
        self._heard_last = ""  # of the last reply or line
        self.replies = 0
        """How many replies and lines have begun to play."""

    @property
    def unheard(self) -> bool:
        """Whether nothing plays, or the caller has not yet heard a word of it."""
        return not self._playing or not self.heard_so_far

    @property
    def heard_so_far(self) -> str:
        """The part of the current reply that the caller has heard."""
        running_s = 0.0 if self._plays_since is None else time.monotonic() - self._plays_since
        return heard_text(self._words.text, played_s=self._played_s + running_s, sent_s=self._sent_s)

    @property
    def whole_text(self) -> str:
        """The current reply's text so far."""
        return self._words.text

    def own_speech(self) -> OwnSpeech:
        """Return what the agent is saying now, or said last."""
        heard = self.heard_so_far if self._playing else self._heard_last
        return OwnSpeech(self.whole_text, len(heard), audible=self._plays_since is not None)

    def on_playback_started(self, *, created_at: float) -> None:
        self._played_s, self._plays_since, self._playing = 0.0, time.monotonic(), True
        self.replies += 1
        super().on_playback_started(created_at=created_at)

    def pause(self) -> None:
        super().pause()
        self.stop_clock()

    def resume(self) -> None:
        super().resume()
        self.start_clock()

    def stop_clock(self) -> None:
        """Stop counting: the caller hears nothing while the output below holds the speech."""
        if self._plays_since is not None:
            self._played_s += time.monotonic() - self._plays_since
            self._plays_since = None

    def start_clock(self) -> None:
        if self._playing and self._plays_since is None:
            self._plays_since = time.monotonic()

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await self._audio.capture_frame(frame)
        await super().capture_frame(frame)
        self._sent_s += frame.duration

    def flush(self) -> None:
        super().flush()
        self._audio.flush()

    def clear_buffer(self) -> None:
        self._audio.clear_buffer()

    def on_playback_finished(
        self, *, playback_position: float, interrupted: bool, synchronized_transcript: str | None = None
    ) -> None:
        heard = heard_text(self._words.text, played_s=playback_position, sent_s=self._sent_s)
        self._heard_last = heard
        self._sent_s, self._playing, self._plays_since = 0.0, False, None
        super().on_playback_finished(
            playback_position=playback_position, interrupted=interrupted, synchronized_transcript=heard
        )
