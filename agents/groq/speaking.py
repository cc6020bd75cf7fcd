"""Groq's speech as LiveKit's TTS: pieces of at most 200 characters, played as they arrive, silence taken off."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import numpy as np
from groq import AsyncGroq
from livekit import rtc
from livekit.agents import APIConnectOptions, tts
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS

from agents.groq.errors import as_livekit_error
from agents.groq.sentences import split_for_speech
from agents.groq.wav import WavReader
from agents.silence import Samples, Trimmer
from settings import GroqSettings

log = logging.getLogger("baton.groq.speaking")

RATE_HZ = 24_000
_PAUSE_S = 0.18
"""Between two pieces of one text, in place of the silence that was taken off their ends."""
_NOTHING_S = 0.02
"""Silence for text that has nothing to say: LiveKit takes no audio at all for a failure."""
_READ_BYTES = 4_800  # 0.1 s at 24 kHz
_ONCE = APIConnectOptions(max_retry=0)


class GroqSpeaking(tts.TTS):
    """One voice over the process's client, which it does not own. 24 kHz mono, whatever rate Groq sends.

    Text that speech cannot carry is skipped or split. Every failure is LiveKit's APIError; a piece is tried
    once more while nothing of it was heard.
    """

    def __init__(self, client: AsyncGroq, settings: GroqSettings, *, voice: str) -> None:
        super().__init__(
            capabilities=tts.TTSCapabilities(streaming=False), sample_rate=RATE_HZ, num_channels=1
        )
        self.client, self.settings, self.voice = client, settings, voice

    @property
    def model(self) -> str:
        return self.settings.speaking_model

    @property
    def provider(self) -> str:
        return "groq"

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        return _Spoken(self, text)


class _Spoken(tts.ChunkedStream):
    def __init__(self, speaking: GroqSpeaking, text: str) -> None:
        super().__init__(tts=speaking, input_text=text, conn_options=_ONCE)
        self._speaking = speaking

    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        output_emitter.initialize(
            request_id=uuid.uuid4().hex,
            sample_rate=RATE_HZ,
            num_channels=1,
            mime_type="audio/pcm",
            frame_size_ms=20,
        )
        pieces = split_for_speech(self._input_text)
        if not pieces:
            output_emitter.push(_silence(_NOTHING_S))
        async with aclosing(_one_ahead(self._speaking, pieces)) as spoken:
            async for samples in spoken:
                output_emitter.push(samples.tobytes())
        output_emitter.flush()


async def _one_ahead(speaking: GroqSpeaking, pieces: list[str]) -> AsyncGenerator[Samples, None]:
    """All pieces in order; the next one is requested while this one arrives, and no more than that."""
    ahead: list[_Piece] = [_Piece(speaking, piece) for piece in pieces]
    try:
        for number, piece in enumerate(ahead):
            piece.begin()
            if number + 1 < len(ahead):
                ahead[number + 1].begin()
            if number:
                yield np.frombuffer(_silence(_PAUSE_S), np.int16)
            async for samples in piece.samples():
                yield samples
    finally:
        for piece in ahead:
            await piece.end()


class _Piece:
    """One request, begun before its samples are wanted."""

    def __init__(self, speaking: GroqSpeaking, text: str) -> None:
        self._speaking, self._text = speaking, text
        self._arrived: asyncio.Queue[Samples | Exception | None] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._heard = False

    def begin(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._fetch())

    async def end(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def samples(self) -> AsyncIterator[Samples]:
        """Raises: APIError."""
        while (arrived := await self._arrived.get()) is not None:
            if isinstance(arrived, Exception):
                raise as_livekit_error(arrived) from arrived
            yield arrived

    async def _fetch(self) -> None:
        failure = await self._try()
        if failure is not None and not self._heard and as_livekit_error(failure).retryable:
            log.warning("speech tried again", extra={"error": type(failure).__name__})
            failure = await self._try()
        self._arrived.put_nowait(failure)

    async def _try(self) -> Exception | None:
        try:
            async with asyncio.timeout(self._speaking.settings.speaking_limit_s):
                await self._read()
        except Exception as error:  # noqa: BLE001 - told to whoever plays it, as LiveKit's error
            return error
        return None

    async def _read(self) -> None:
        speaking, reader = self._speaking, WavReader()
        trimmer, resampler = Trimmer(RATE_HZ), None
        async with speaking.client.audio.speech.with_streaming_response.create(
            model=speaking.model,
            voice=speaking.voice,
            input=self._text,
            response_format="wav",
            timeout=speaking.settings.speaking_limit_s,
        ) as response:
            async for data in response.iter_bytes(_READ_BYTES):
                samples = reader.feed(data)
                if reader.rate not in {None, RATE_HZ}:
                    resampler = resampler or rtc.AudioResampler(reader.rate or RATE_HZ, RATE_HZ)
                    samples = _resampled(resampler.push(bytearray(samples.tobytes())))
                self._arrive(trimmer.push(samples))
        reader.finish()
        if resampler is not None:
            self._arrive(trimmer.push(_resampled(resampler.flush())))
        self._arrive(trimmer.finish())

    def _arrive(self, samples: Samples) -> None:
        if len(samples):
            self._heard = True
            self._arrived.put_nowait(samples)


def _resampled(frames: list[rtc.AudioFrame]) -> Samples:
    return np.concatenate([np.empty(0, np.int16), *(np.frombuffer(frame.data, np.int16) for frame in frames)])


def _silence(seconds: float) -> bytes:
    return bytes(2 * int(RATE_HZ * seconds))
