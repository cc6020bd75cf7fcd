"""Lines made ready as audio before they are needed: they start at once, and are there even with Groq gone."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import wave
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livekit import rtc
from livekit.agents import APIError, tts

log = logging.getLogger("baton.prepared")

_FRAME_S = 0.02


@dataclass(frozen=True, slots=True)
class PreparedLine:
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


async def prepare(speaking: tts.TTS[Any], text: str) -> PreparedLine:
    """Synthesise a line whole. Raises: APIError."""
    async with speaking.synthesize(text) as stream:
        frame = await stream.collect()
    return PreparedLine(text, bytes(frame.data), frame.sample_rate)


class PreparedLines:
    """Lines by voice, kept as WAV files. `origin` tells one speech service's files from another's."""

    def __init__(self, folder: Path, origin: str) -> None:
        self._folder, self._origin = folder, origin
        self._ready: dict[Path, PreparedLine] = {}

    def load(self, wanted: Mapping[str, frozenset[str]]) -> None:
        """Read what is there of these lines, by voice. Blocks: for a process that has no loop yet."""
        for voice, lines in wanted.items():
            for text in lines:
                path = self._path(voice, text)
                if path not in self._ready and path.is_file():
                    self._ready[path] = _read(path, text)

    def line(self, voice: str, text: str) -> PreparedLine | None:
        return self._ready.get(self._path(voice, text))

    async def fill(self, speaking: Mapping[str, tts.TTS[Any]], wanted: Mapping[str, frozenset[str]]) -> int:
        """Make the missing ones, a few at a time; returns how many could not be made."""
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        missing = [
            (voice, text)
            for voice, lines in wanted.items()
            for text in sorted(lines)
            if self.line(voice, text) is None
        ]
        few = asyncio.Semaphore(4)

        async def make(voice: str, text: str) -> bool:
            async with few:
                try:
                    line = await prepare(speaking[voice], text)
                except APIError as error:
                    log.warning(
                        "a line is not prepared", extra={"voice": voice, "error": type(error).__name__}
                    )
                    return False
            await asyncio.to_thread(_write, self._path(voice, text), line)
            return True

        made = await asyncio.gather(*(make(voice, text) for voice, text in missing))
        return made.count(False)

    def _path(self, voice: str, text: str) -> Path:
        name = hashlib.sha256("\0".join((self._origin, voice, text)).encode()).hexdigest()[:32]
        return self._folder / f"{name}.wav"


def _read(path: Path, text: str) -> PreparedLine:
    with wave.open(str(path), "rb") as file:
        return PreparedLine(text, file.readframes(file.getnframes()), file.getframerate())


def _write(path: Path, line: PreparedLine) -> None:
    unfinished = path.with_suffix(".unfinished")
    with wave.open(str(unfinished), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(line.sample_rate)
        file.writeframes(line.samples)
    unfinished.replace(path)
