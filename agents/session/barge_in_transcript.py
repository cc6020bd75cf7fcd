"""How much of a reply the caller heard before they broke in: the rest was not said.

LiveKit's own TranscriptSynchronizer would tell it too, but measures the rate of speech with Fourier
transforms on the call's loop: 100 to 300 ms in which nobody is heard.
"""

from __future__ import annotations

from livekit import rtc
from livekit.agents import AgentSession
from livekit.agents.voice.io import AudioOutput, AudioOutputCapabilities, TextOutput

CHARACTERS_A_SECOND = 16.0
"""How fast a voice speaks: about 160 words a minute."""


def heard_text(text: str, *, played_s: float, sent_s: float) -> str:
    """The beginning of `text` that sounded, in whole words: `played_s` of the `sent_s` seconds of its audio.

    More audio may have been on its way, so it is no more than a voice says in that time.
    """
    share = min(1.0, played_s / sent_s) if sent_s else 0.0
    length = round(min(len(text) * share, CHARACTERS_A_SECOND * played_s))
    if length >= len(text):
        return text
    return text[: length + 1].rpartition(" ")[0]


def truncate_on_barge_in(session: AgentSession[None]) -> None:
    """Let a started session commit, of a reply that is broken off, what was heard of it."""
    assert session.output.audio is not None
    words = _Words()
    session.output.transcription = words
    session.output.audio = _Playback(words, session.output.audio)


class _Words(TextOutput):
    """The text of what is spoken now. It goes nowhere else: the room gets no text."""

    def __init__(self) -> None:
        super().__init__(label="words", next_in_chain=None)
        self.text = ""
        self._whole = False

    async def capture_text(self, text: str) -> None:
        if self._whole:
            self.text, self._whole = "", False
        self.text += text

    def flush(self) -> None:
        self._whole = True


class _Playback(AudioOutput):
    """Passes audio on unchanged, and adds to the news that it was played what was heard of the words."""

    def __init__(self, words: _Words, audio: AudioOutput) -> None:
        super().__init__(
            label="playback",
            next_in_chain=audio,
            capabilities=AudioOutputCapabilities(pause=True),
            sample_rate=audio.sample_rate,
        )
        assert self.next_in_chain is not None
        self._words, self._audio = words, self.next_in_chain  # not `audio`: LiveKit puts a proxy between
        self._sent_s = 0.0

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
        self._sent_s = 0.0
        super().on_playback_finished(
            playback_position=playback_position, interrupted=interrupted, synchronized_transcript=heard
        )
