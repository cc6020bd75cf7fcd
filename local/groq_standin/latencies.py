"""The stand-in's latencies: configurable, printable, and with the source of each figure."""

from __future__ import annotations

import asyncio
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Milliseconds = Annotated[float, Field(ge=0, le=60_000)]


class Latencies(BaseModel):
    """The minimum duration of a request in milliseconds, including the stand-in's own work."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    first_token_ms: Milliseconds = Field(0, description="chat: until the first token")
    per_token_ms: Milliseconds = Field(0, description="chat: between two tokens (a token is a word)")
    transcription_ms: Milliseconds = Field(0, description="transcription: whatever the length")
    transcription_per_second_ms: Milliseconds = Field(
        0, description="transcription: more for each second of audio"
    )
    speech_first_ms: Milliseconds = Field(0, description="speech: until the first audio")
    speech_per_character_ms: Milliseconds = Field(
        0, description="speech: until the last audio, more for each character"
    )

    def transcription(self, audio_s: float) -> float:
        """Return the milliseconds for a transcription of `audio_s` seconds."""
        return self.transcription_ms + self.transcription_per_second_ms * audio_s

    def __str__(self) -> str:
        return (
            f"first token {self.first_token_ms:g} ms, then {self.per_token_ms:g} ms a token"
            f" · transcription {self.transcription_ms:g} ms"
            f" + {self.transcription_per_second_ms:g} ms per second of audio"
            f" · speech {self.speech_first_ms:g} ms + {self.speech_per_character_ms:g} ms a character"
        )


NONE = Latencies()
"""As fast as the stand-in can be, for tests."""

LIKE_GROQ = Latencies(
    first_token_ms=320,
    per_token_ms=2,
    transcription_ms=150,
    transcription_per_second_ms=4.6,
    speech_first_ms=200,
    speech_per_character_ms=3,
)
"""Groq's orders of magnitude, for benchmarks. Groq itself was not measured. Sources:

- first token: 318 ms at the median for gpt-oss-120b on Groq, 223 ms for gpt-oss-20b (krabarena.org: one
  outside benchmark, warm prompts of about 700 tokens, its proxy's time taken off). Others report 150 to
  200 ms for smaller models.
- per token: Groq's models page gives about 500 tokens a second for gpt-oss-120b.
- transcription: Groq's documentation gives whisper-large-v3-turbo as 216 times as fast as real time, 4.6 ms
  a second of audio. The 150 ms of network and queue are an assumption.
- speech: a user of Orpheus on Groq (OpenVoiceUI) reports the first byte after 130 to 200 ms and whole
  requests of 130 to 700 ms; 3 ms a character end a line of 100 characters in the middle of that.
"""

PRESETS = {"none": NONE, "like-groq": LIKE_GROQ}


class Pacer:
    """Waits until times relative to the request's arrival, so that delays do not add up."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._start = self._loop.time()

    async def until(self, milliseconds: float) -> None:
        """Sleep until `milliseconds` after the request arrived. Returns at once if that is past."""
        left_s = milliseconds / 1000 - (self._loop.time() - self._start)
        if left_s > 0:
            await asyncio.sleep(left_s)

    async def sleep(self, seconds: float) -> None:
        """Stall for this long, however much time has passed since the request."""
        await asyncio.sleep(seconds)
