"""Prompts rendered to audio ahead of time: they start at once, and play even when Groq is down."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import mmap
import os
import tempfile
import wave
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from livekit import rtc
from livekit.agents import APIError, tts

from agents.audio.spare_voice import spare_for, speak
from agents.audio.trim_silence import soft_start_s
from tasks import together

log = logging.getLogger(__name__)

_FRAME_S = 0.02
_SHARED = mmap.MAP_SHARED | getattr(mmap, "MAP_POPULATE", 0)
"""On Linux the pages are read at once, not while a call plays them."""
_CONCURRENT_REQUESTS = 4
_SPARE_RATE = 24_000
_LAST_LIMIT_S = 3.0
"""How long a cancellation waits for a prompt that was already requested."""
_FAILURE_LIMIT = 3
"""Failures after which the service counts as down, or as refusing this voice: other prompts are skipped."""


@dataclass(frozen=True, slots=True)
class PromptAudio:
    """A prompt's text and its 16-bit mono samples."""

    text: str
    samples: bytes | memoryview
    sample_rate: int

    @property
    def duration_s(self) -> float:
        return len(self.samples) / 2 / self.sample_rate

    @property
    def soft_start_s(self) -> float:
        """Seconds at the start that are too soft to be heard beside a voice."""
        return soft_start_s(np.frombuffer(self.samples, np.int16), self.sample_rate)

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


async def spare_prompt(voice: str, text: str) -> PromptAudio:
    """Render a missing prompt at once with this machine's own voice."""
    samples = await speak(text, spare_for(voice), rate=_SPARE_RATE)
    return PromptAudio(text, samples.tobytes(), _SPARE_RATE)


PromptKey = tuple[str, str]
"""A voice and a text."""


class Pace(Protocol):
    """Decides when the next prompt may be requested."""

    def room_for(self, characters: int) -> AbstractAsyncContextManager[None]:
        """Wait until a request for this many characters fits, and count it. Exit the block on its answer."""

    def refused(self, error: APIError) -> bool:
        """Whether the service refused only for now, so that the same prompt is requested again."""


class PromptAudioCache:
    """Prompts by voice, cached as WAV files. `origin` keeps the files of different speech services apart."""

    def __init__(self, folder: Path, origin: str) -> None:
        self._folder, self._origin = folder, origin
        self._ready: dict[Path, PromptAudio] = {}
        self.failures: list[APIError] = []
        """Why lines are missing after `fill`."""
        self._failed_voices: list[str | None] = []

    def load(self, wanted: Iterable[PromptKey]) -> None:
        """Read the cached prompts among `wanted`. Blocks: call it before a loop runs, or in a thread."""
        for voice, text in wanted:
            path = self._path(voice, text)
            if path not in self._ready and (line := _read(path, text)):
                self._ready[path] = line

    def line(self, voice: str, text: str) -> PromptAudio | None:
        return self._ready.get(self._path(voice, text))

    def missing(self, wanted: Iterable[PromptKey]) -> list[PromptKey]:
        """Return the prompts that are not loaded, in their order."""
        return [(voice, text) for voice, text in wanted if self.line(voice, text) is None]

    def made(self, wanted: Iterable[PromptKey]) -> list[tuple[float, int]]:
        """Return when each cached prompt was made, in Unix seconds, and its number of characters. Blocks."""
        found = []
        for voice, text in wanted:
            with suppress(OSError):
                found.append((self._path(voice, text).stat().st_mtime, len(text)))
        return found

    async def fill(
        self, speaking: Mapping[str, tts.TTS[Any]], wanted: Sequence[PromptKey], pace: Pace | None = None
    ) -> int:
        """Render the missing prompts in their order, a few at a time; return how many are still missing.

        `pace` decides when each may be requested; without it, at once. Raises: OSError.
        """
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        await asyncio.to_thread(self.load, wanted)
        left = deque(self.missing(wanted))
        self.failures, self._failed_voices = [], []

        async def make_all() -> None:
            while left:
                await self._make_next(speaking, left, pace)

        if left:  # alone: its answer reports the limits
            await self._make_next(speaking, left, pace)
        async with together() as group:
            for _ in range(_CONCURRENT_REQUESTS):
                group.create_task(make_all())
        return len(self.missing(wanted))

    async def _make_next(
        self, speaking: Mapping[str, tts.TTS[Any]], left: deque[PromptKey], pace: Pace | None
    ) -> None:
        voice, text = left.popleft()
        try:
            async with nullcontext() if pace is None else pace.room_for(len(text)):
                await asyncio.to_thread(self.load, [(voice, text)])  # another worker may have made it
                if self.line(voice, text) is None:
                    await self._make(speaking[voice], voice, text)
        except APIError as error:
            if pace is not None and pace.refused(error):
                left.appendleft((voice, text))
            else:
                self._failed(voice, error, left)

    async def _make(self, speaking: tts.TTS[Any], voice: str, text: str) -> None:
        """Render and keep a prompt, even when cancelled: the request is paid for. Raises: APIError."""
        making = asyncio.ensure_future(self._render_and_keep(speaking, self._path(voice, text), text))
        try:
            await asyncio.shield(making)
        except asyncio.CancelledError:
            with suppress(TimeoutError, APIError, OSError):
                async with asyncio.timeout(_LAST_LIMIT_S):
                    await making
            raise

    async def _render_and_keep(self, speaking: tts.TTS[Any], path: Path, text: str) -> None:
        line = await render_prompt(speaking, text)
        await asyncio.to_thread(_write, path, line)
        self._ready[path] = line

    def _failed(self, voice: str, error: APIError, left: deque[PromptKey]) -> None:
        """Record a failure. A lasting refusal may concern one voice: other voices are still tried."""
        self.failures.append(error)
        log.warning("prompt rendering failed", extra={"voice": voice, "error": type(error).__name__})
        self._failed_voices.append(None if error.retryable else voice)
        if self._failed_voices.count(None) >= _FAILURE_LIMIT:
            left.clear()
        elif self._failed_voices.count(voice) >= _FAILURE_LIMIT:
            for other in [key for key in left if key[0] == voice]:
                left.remove(other)

    def _path(self, voice: str, text: str) -> Path:
        name = hashlib.sha256("\0".join((self._origin, voice, text)).encode()).hexdigest()[:32]
        return self._folder / f"{name}.wav"


def _read(path: Path, text: str) -> PromptAudio | None:
    """Return None when the file is missing or unusable.

    The samples are the file's own pages, read now. All processes share them: a roster's prompts take 25 MiB.
    """
    try:
        with path.open("rb") as file, wave.open(file) as header:
            begin, length, rate = file.tell(), 2 * header.getnframes(), header.getframerate()
            pages = mmap.mmap(file.fileno(), 0, flags=_SHARED, prot=mmap.PROT_READ)
            samples = memoryview(pages)[begin : begin + length]
            usable = (header.getnchannels(), header.getsampwidth()) == (1, 2) and len(samples) > 0
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
