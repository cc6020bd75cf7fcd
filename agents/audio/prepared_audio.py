"""Prompts rendered to audio ahead of time: they start at once, and play even when Groq is down."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import tempfile
import wave
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livekit import rtc
from livekit.agents import APIError, tts

from tasks import together

log = logging.getLogger(__name__)

_FRAME_S = 0.02
_CONCURRENT_REQUESTS = 4
_FAILURE_LIMIT = 3
"""After this many failures the service is down or rate-limiting: the other prompts are left for later."""


@dataclass(frozen=True, slots=True)
class PromptAudio:
    """A prompt's text and its 16-bit mono samples."""

    text: str
    samples: bytes
    sample_rate: int

    @property
    def duration_s(self) -> float:
        return len(self.samples) / 2 / self.sample_rate

    async def play(self) -> AsyncIterator[rtc.AudioFrame]:
        """Yield frames for `session.say(text, audio=…)`, as fast as they are consumed."""
        step = 2 * int(self.sample_rate * _FRAME_S)
        for start in range(0, len(self.samples), step):
            data = self.samples[start : start + step]
            yield rtc.AudioFrame(data, self.sample_rate, 1, len(data) // 2)


async def render_prompt(speaking: tts.TTS[Any], text: str) -> PromptAudio:
    """Synthesize a whole prompt. Raises: APIError."""
    async with speaking.synthesize(text) as stream:
        frame = await stream.collect()
    return PromptAudio(text, bytes(frame.data), frame.sample_rate)


class PromptAudioCache:
    """Prompts by voice, cached as WAV files. `origin` keeps speech services' files apart."""

    def __init__(self, folder: Path, origin: str) -> None:
        self._folder, self._origin = folder, origin
        self._ready: dict[Path, PromptAudio] = {}
        self.failures: list[APIError] = []
        """Why lines are missing after `fill`."""

    def load(self, wanted: Mapping[str, frozenset[str]]) -> None:
        """Read the cached prompts among `wanted`, texts by voice. Blocks: call it before a loop runs."""
        for voice, lines in wanted.items():
            for text in lines:
                path = self._path(voice, text)
                if path not in self._ready and (line := _read(path, text)):
                    self._ready[path] = line

    def line(self, voice: str, text: str) -> PromptAudio | None:
        return self._ready.get(self._path(voice, text))

    def missing(self, wanted: Mapping[str, frozenset[str]]) -> list[tuple[str, str]]:
        """The voice and text of each prompt that is not loaded."""
        return [
            (voice, text)
            for voice, lines in wanted.items()
            for text in sorted(lines)
            if self.line(voice, text) is None
        ]

    async def fill(self, speaking: Mapping[str, tts.TTS[Any]], wanted: Mapping[str, frozenset[str]]) -> int:
        """Render the missing prompts, a few at a time; returns how many failed. Raises: OSError."""
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        await asyncio.to_thread(self.load, wanted)
        missing = self.missing(wanted)
        few = asyncio.Semaphore(_CONCURRENT_REQUESTS)
        self.failures = []

        async def make(voice: str, text: str) -> None:
            async with few:
                if len(self.failures) >= _FAILURE_LIMIT:
                    return
                try:
                    line = await render_prompt(speaking[voice], text)
                except APIError as error:
                    self.failures.append(error)
                    log.warning(
                        "prompt rendering failed", extra={"voice": voice, "error": type(error).__name__}
                    )
                    return
            await self._keep(self._path(voice, text), line)

        async with together() as group:
            for voice, text in missing:
                group.create_task(make(voice, text))
        return len(self.missing(wanted))

    async def _keep(self, path: Path, line: PromptAudio) -> None:
        await asyncio.to_thread(_write, path, line)
        self._ready[path] = line

    def _path(self, voice: str, text: str) -> Path:
        name = hashlib.sha256("\0".join((self._origin, voice, text)).encode()).hexdigest()[:32]
        return self._folder / f"{name}.wav"


def _read(path: Path, text: str) -> PromptAudio | None:
    """Return None when the file is missing or unusable."""
    try:
        with wave.open(str(path), "rb") as file:
            samples, rate = file.readframes(file.getnframes()), file.getframerate()
            usable = (file.getnchannels(), file.getsampwidth()) == (1, 2) and samples
    except FileNotFoundError:
        return None
    except (wave.Error, EOFError, OSError) as error:
        log.warning("prompt audio unreadable", extra={"error": type(error).__name__})
        return None
    return PromptAudio(text, samples, rate) if usable else None


def _write(path: Path, line: PromptAudio) -> None:
    """Write atomically: another worker may be writing the same prompt."""
    descriptor, unfinished = tempfile.mkstemp(dir=path.parent, suffix=".unfinished")
    with os.fdopen(descriptor, "wb") as file, wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(line.sample_rate)
        writer.writeframes(line.samples)
    Path(unfinished).replace(path)
