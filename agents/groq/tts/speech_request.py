"""One piece of speech: streams its samples, retries once if nothing has played, then uses the spare.

LiveKit's tts.FallbackAdapter does not fit here: it drops the rest of a reply that fails halfway, and its
probe speaks every reply a second time, which uses up the quota that is often the very thing missing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

import numpy as np
from groq import AsyncGroq
from livekit import rtc

from agents.audio.espeak import SpokenVoice
from agents.audio.spare_voice import speak, still_unsaid
from agents.audio.trim_silence import Samples, Trimmer
from agents.groq.breaker import Breaker
from agents.groq.budget.budget import Spend
from agents.groq.errors import BadAnswer, Fault, fault_of
from agents.groq.livekit_errors import as_livekit_error
from agents.groq.preemptive_reply import until_sure
from agents.groq.retry import FIRST_TRY_SHARE, wait_before_retry_s
from agents.groq.spare_use import SpareUse
from agents.groq.tts.wav import WavReader
from settings import GroqSettings

log = logging.getLogger(__name__)

_WHOLE_LIMIT_S = 30.0
"""Total seconds for one piece, however slowly its sound comes: 200 characters are about 13 s of speech."""

_SPARE_AFTER_SHARE = 0.7
"""Share of the whole timeout after which a spare speaks: after 2 s of silence a line seems dead."""

RATE = 24_000
"""Samples a second of all output, whatever the WAV's rate."""


@dataclass(frozen=True, slots=True)
class GroqVoice:
    """A voice, the client to request it through, which it does not own, and the spare in case it fails."""

    client: AsyncGroq
    settings: GroqSettings
    name: str
    breaker: Breaker
    use: SpareUse
    spare: SpokenVoice | None = None

    @property
    def model(self) -> str:
        return self.settings.speaking_model

    @property
    def chunk_limit_s(self) -> float:
        return self.settings.speaking_limit_s * FIRST_TRY_SHARE


@dataclass
class Reply:
    """One reply or line. It changes its voice at most once, and only to the spare.

    While the model is not trusted the spare speaks, and Groq is not asked. The first piece after that time is
    the probe: speech that a caller waits for anyway, so that the probe costs no request of its own.
    """

    voice: GroqVoice
    _spare: bool | None = None

    @property
    def with_spare(self) -> bool:
        if self.voice.spare is None:
            return False
        if self._spare is None:
            breaker, model = self.voice.breaker, self.voice.model
            budget = breaker.budget
            self._spare = budget.holds_long(model) or budget.yields(model) or not breaker.trusts(model)
        return self._spare

    async def until_room(self) -> None:
        """Wait until the turn is over before Groq speaks, if the account has little left.

        The spare need not wait: it costs nothing.
        """
        if not (self.with_spare or self.voice.breaker.budget.allows(Spend.PREPARED, [self.voice.model])):
            await until_sure()

    def failed(self) -> None:
        """Leave the rest of the reply to the spare."""
        self._spare = True

    def first_sound_limits_s(self) -> tuple[float, float]:
        """Return the first-sound timeouts of the first attempt, and of all attempts together.

        As there is no second model, an open circuit shortens them.
        """
        settings = self.voice.settings
        if not self.voice.breaker.trusts(self.voice.model):
            return settings.doubted_limit_s, settings.doubted_limit_s
        share = 1.0 if self.voice.spare is None else _SPARE_AFTER_SHARE
        return self.voice.chunk_limit_s, settings.speaking_limit_s * share


@dataclass
class SpeechRequest:
    """`fetch` downloads the speech, `sound` yields it; call each once, in separate tasks.

    `spare_s`: seconds for which earlier speech still plays before the caller waits for this piece.
    """

    text: str
    reply: Reply
    spare_s: float = 0.0
    _got: asyncio.Queue[Samples | None] = field(default_factory=asyncio.Queue, init=False)
    _began: bool = field(default=False, init=False)
    _output_sent: bool = field(default=False, init=False)
    _said_s: float = field(default=0.0, init=False)
    _failure: Exception | None = field(default=None, init=False)

    @property
    def voice(self) -> GroqVoice:
        return self.reply.voice

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
        """Download the speech. Raises nothing but cancellation: `sound` raises the failure."""
        failure = None
        if not self.reply.with_spare:
            failure = await self._ask_groq()
            if failure is not None:
                self.voice.use.failed(failure)
                self.reply.failed()
        if self.voice.spare is not None and self.reply.with_spare:
            failure = await self._have_spare_speak(self.voice.spare, failure)
        self._failure = failure
        self._got.put_nowait(None)

    async def _ask_groq(self) -> Exception | None:
        """Ask Groq, with one retry. Return the failure; None: it worked."""
        now = asyncio.get_running_loop().time
        first_limit_s, limit_s = self.reply.first_sound_limits_s()
        sound_by, whole_by = now() + limit_s + self.spare_s, now() + _WHOLE_LIMIT_S
        try:
            await self._try(now() + first_limit_s + self.spare_s / 2, whole_by)
        except Exception as error:  # noqa: BLE001 - raised in `sound`
            wait_s = None if self._output_sent else wait_before_retry_s(error, self.voice.settings)
            self._failed(error, again=wait_s is not None)
            if wait_s is None:
                return error
        else:
            return None
        self._forget()
        await asyncio.sleep(wait_s)
        if self._began:  # earlier speech still plays: nothing of this piece was heard
            sound_by = max(sound_by, now() + self.voice.chunk_limit_s)
        try:
            await self._try(sound_by, whole_by)
        except Exception as error:  # noqa: BLE001 - as above
            self._failed(error, again=False)
            return error
        return None

    async def _have_spare_speak(self, spare: SpokenVoice, failure: Exception | None) -> Exception | None:
        """Let the spare say what was not heard yet. Return the failure if it cannot."""
        if self._output_sent:
            text = still_unsaid(self.text, self._said_s)
        else:
            self._forget()
            text = self.text
        try:
            self._got.put_nowait(await speak(text, spare, rate=RATE))
        except Exception as error:
            log.exception("the spare voice failed")
            return failure or error
        self.voice.use.served(by_spare=True)
        return None

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
                        self._give(samples)
        rest = incoming.finish()
        if not anything:
            raise BadAnswer(Fault.CUT_SHORT)
        self.voice.breaker.record_success(self.voice.model)
        self.voice.use.served(by_spare=False)
        self._give(rest)

    def _give(self, samples: Samples) -> None:
        self._said_s += len(samples) / RATE
        self._got.put_nowait(samples)

    def _forget(self) -> None:
        """Drop the samples that `sound` has not yielded yet."""
        while not self._got.empty():
            self._got.get_nowait()
        self._said_s = 0.0

    def _failed(self, error: Exception, *, again: bool) -> None:
        has_spare = self.voice.spare is not None
        self.voice.breaker.record_failure(self.voice.model, error, has_spare=has_spare)
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
