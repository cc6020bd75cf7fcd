"""Lines made ready as audio before they are needed: they start at once, and are there even with Groq gone."""

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

log = logging.getLogger(__name__)

_FRAME_S = 0.02
_AT_ONCE = 4
_FAILURES = 3
"""After so many the service is gone, or asked too often; a worker does not wait for the rest."""


@dataclass(frozen=True, slots=True)
class PromptAudio:
    """Words, and their 16-bit mono samples."""

    text: str
    samples: bytes
    sample_rate: int

    @property
    def duration_s(self) -> float:
        return len(self.samples) / 2 / self.sample_rate

    async def play(self) -> AsyncIterator[rtc.AudioFrame]:
        """Frames for `session.say(text, audio=…)`, as fast as they are taken."""
        step = 2 * int(self.sample_rate * _FRAME_S)
        for start in range(0, len(self.samples), step):
            data = self.samples[start : start + step]
            yield rtc.AudioFrame(data, self.sample_rate, 1, len(data) // 2)


async def render_prompt(speaking: tts.TTS[Any], text: str) -> PromptAudio:
    """Synthesise a line whole. Raises: APIError."""
    async with speaking.synthesize(text) as stream:
        frame = await stream.collect()
    return PromptAudio(text, bytes(frame.data), frame.sample_rate)


class PromptAudioCache:
    """Lines by voice, kept as WAV files. `origin` tells one speech service's files from another's."""

    def __init__(self, folder: Path, origin: str) -> None:
        self._folder, self._origin = folder, origin
        self._ready: dict[Path, PromptAudio] = {}

    def load(self, wanted: Mapping[str, frozenset[str]]) -> None:
        """Read what is there of these lines, by voice. Blocks: for a process that has no loop yet."""
        for voice, lines in wanted.items():
            for text in lines:
                path = self._path(voice, text)
                if path not in self._ready and (line := _read(path, text)):
                    self._ready[path] = line

    def line(self, voice: str, text: str) -> PromptAudio | None:
        return self._ready.get(self._path(voice, text))

    async def fill(self, speaking: Mapping[str, tts.TTS[Any]], wanted: Mapping[str, frozenset[str]]) -> int:
        """Make the missing ones, a few at a time; returns how many could not be made. Raises: OSError."""
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        await asyncio.to_thread(self.load, wanted)
        missing = [
            (voice, text)
            for voice, lines in wanted.items()
            for text in sorted(lines)
            if self.line(voice, text) is None
        ]
        few, failures = asyncio.Semaphore(_AT_ONCE), 0

        async def make(voice: str, text: str) -> None:
            nonlocal failures
            async with few:
                if failures >= _FAILURES:
                    return
                try:
                    line = await render_prompt(speaking[voice], text)
                except APIError as error:
                    failures += 1
                    log.warning(
                        "a line is not prepared", extra={"voice": voice, "error": type(error).__name__}
                    )
                    return
            await self._keep(self._path(voice, text), line)

        async with asyncio.TaskGroup() as group:
            for voice, text in missing:
                group.create_task(make(voice, text))
        return sum(self.line(voice, text) is None for voice, text in missing)

    async def _keep(self, path: Path, line: PromptAudio) -> None:
        await asyncio.to_thread(_write, path, line)
        self._ready[path] = line

    def _path(self, voice: str, text: str) -> Path:
        name = hashlib.sha256("\0".join((self._origin, voice, text)).encode()).hexdigest()[:32]
        return self._folder / f"{name}.wav"


def _read(path: Path, text: str) -> PromptAudio | None:
    """None: it is not there, or cannot be used."""
    try:
        with wave.open(str(path), "rb") as file:
            samples, rate = file.readframes(file.getnframes()), file.getframerate()
            usable = (file.getnchannels(), file.getsampwidth()) == (1, 2) and samples
    except FileNotFoundError:
        return None
    except (wave.Error, EOFError, OSError) as error:
        log.warning("a prepared line cannot be read", extra={"error": type(error).__name__})
        return None
    return PromptAudio(text, samples, rate) if usable else None


def _write(path: Path, line: PromptAudio) -> None:
    """Whole or not at all, and whoever else writes the same line."""
    descriptor, unfinished = tempfile.mkstemp(dir=path.parent, suffix=".unfinished")
    with os.fdopen(descriptor, "wb") as file, wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(line.sample_rate)
        writer.writeframes(line.samples)
    Path(unfinished).replace(path)
