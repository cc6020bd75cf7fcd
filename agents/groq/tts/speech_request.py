"""One speech request: streams its samples, and retries once if nothing was played yet."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

import numpy as np
from groq import AsyncGroq
from livekit import rtc

from agents.audio.trim_silence import Samples, Trimmer
from agents.groq.breaker import Breaker
from agents.groq.errors import BadAnswer, Fault, as_livekit_error, fault_of
from agents.groq.retry import FIRST_TRY_SHARE, wait_before_retry_s
from agents.groq.tts.wav import WavReader
from settings import GroqSettings

log = logging.getLogger(__name__)

_WHOLE_LIMIT_S = 30.0
"""Seconds for one piece in all, however slowly its sound comes: 200 characters are about 13 s of speech."""

RATE = 24_000
"""Samples a second of all output, whatever the WAV's rate."""


@dataclass(frozen=True, slots=True)
class GroqVoice:
    """A voice, and the client to request it through, which it does not own."""

    client: AsyncGroq
    settings: GroqSettings
    name: str
    breaker: Breaker

    @property
    def model(self) -> str:
        return self.settings.speaking_model

    @property
    def chunk_limit_s(self) -> float:
        return self.settings.speaking_limit_s * FIRST_TRY_SHARE

    def first_sound_limits_s(self) -> tuple[float, float]:
        """First-sound timeouts: first attempt, any. Without a second model, an open circuit shortens them."""
        if self.breaker.trusts(self.model):
            return self.chunk_limit_s, self.settings.speaking_limit_s
        return self.settings.doubted_limit_s, self.settings.doubted_limit_s


@dataclass
class SpeechRequest:
    """`fetch` downloads the speech, `sound` yields it; call each once, in separate tasks.

    `spare_s`: so long earlier speech still plays, before the caller waits for this.
    """

    text: str
    voice: GroqVoice
    spare_s: float = 0.0
    _got: asyncio.Queue[Samples | None] = field(default_factory=asyncio.Queue, init=False)
    _began: bool = field(default=False, init=False)
    _output_sent: bool = field(default=False, init=False)
    _failure: Exception | None = field(default=None, init=False)

    async def sound(self) -> AsyncGenerator[Samples]:
        """Yield trimmed mono samples at RATE. Raises: livekit's APIError, retryable if none was yielded."""
        while (samples := await self._got.get()) is not None:
            self._output_sent = True
            yield samples
        if self._failure is not None:
            failure = as_livekit_error(self._failure)
            failure.retryable = failure.retryable and not self._output_sent
            raise failure from self._failure

    async def fetch(self) -> None:
        """Raises nothing but cancellation: `sound` raises the failure."""
        settings, now = self.voice.settings, asyncio.get_running_loop().time
        first_limit_s, limit_s = self.voice.first_sound_limits_s()
        sound_by, whole_by = now() + limit_s + self.spare_s, now() + _WHOLE_LIMIT_S
        try:
            await self._try(now() + first_limit_s + self.spare_s / 2, whole_by)
        except Exception as error:  # noqa: BLE001 - raised in `sound`
            wait_s = None if self._output_sent else wait_before_retry_s(error, settings)
            self._failed(error, again=wait_s is not None)
            if wait_s is None:
                return self._end(error)
        else:
            return self._end()
        self._got = _emptied(self._got)
        await asyncio.sleep(wait_s)
        if self._began:  # and earlier speech plays: nothing of this was heard
            sound_by = max(sound_by, now() + self.voice.chunk_limit_s)
        try:
            await self._try(sound_by, whole_by)
        except Exception as error:  # noqa: BLE001 - as above
            self._failed(error, again=False)
            return self._end(error)
        return self._end()

    async def _try(self, sound_by: float, whole_by: float) -> None:
        now = asyncio.get_running_loop().time
        incoming, anything = _WavDecoder(), False
        speech = self.voice.client.audio.speech.with_streaming_response
        async with asyncio.timeout_at(sound_by) as limit:
            async with speech.create(
                model=self.voice.model,
                voice=self.voice.name,
                input=self.text,
                response_format="wav",
            ) as response:
                async for chunk in response.iter_bytes():
                    if len(samples := incoming.feed(chunk)):
                        anything = self._began = True
                        limit.reschedule(min(now() + self.voice.chunk_limit_s, whole_by))
                        self._got.put_nowait(samples)
        rest = incoming.finish()
        if not anything:
            raise BadAnswer(Fault.CUT_SHORT)
        self.voice.breaker.record_success(self.voice.model)
        self._got.put_nowait(rest)

    def _end(self, failure: Exception | None = None) -> None:
        self._failure = failure
        self._got.put_nowait(None)

    def _failed(self, error: Exception, *, again: bool) -> None:
        self.voice.breaker.record_failure(self.voice.model, error)
        fields = {"fault": fault_of(error), "characters": len(self.text), "again": again}
        log.warning("speech synthesis failed", extra=fields)


class _WavDecoder:
    """Decodes a WAV's bytes to trimmed samples at RATE."""

    def __init__(self) -> None:
        self._wav = WavReader()
        self._trimmer = Trimmer(RATE)
        self._resampler: rtc.AudioResampler | None = None

    def feed(self, chunk: bytes) -> Samples:
        samples = self._wav.feed(chunk)
        rate = self._wav.rate
        if not len(samples) or rate is None:
            return samples
        if rate != RATE:
            self._resampler = self._resampler or rtc.AudioResampler(rate, RATE)
            samples = _joined(self._resampler.push(bytearray(samples.tobytes())))
        return self._trimmer.push(samples)

    def finish(self) -> Samples:
        """Return the held-back samples. Raises: BadAnswer, when the WAV was cut short."""
        self._wav.finish()
        last = _joined(self._resampler.flush() if self._resampler else [])
        return np.concatenate([self._trimmer.push(last), self._trimmer.finish()])


def _joined(frames: list[rtc.AudioFrame]) -> Samples:
    return np.concatenate([np.zeros(0, np.int16), *(np.frombuffer(frame.data, np.int16) for frame in frames)])


def _emptied(queue: asyncio.Queue[Samples | None]) -> asyncio.Queue[Samples | None]:
    while not queue.empty():
        queue.get_nowait()
    return queue
