"""Groq's speech model as LiveKit's TTS: plays one piece of text while fetching the next."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Never, TypeVar

from groq import AsyncGroq
from livekit.agents import APIConnectOptions, tts, utils
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS

from agents.audio.spare_voice import spare_for
from agents.groq.breaker import Breaker
from agents.groq.livekit_errors import as_livekit_error
from agents.groq.spare_use import SpareUse
from agents.groq.tts.sentences import TextSplitter, ends_sentence, split_for_speech
from agents.groq.tts.speech_request import RATE, GroqVoice, Reply, SpeechRequest
from settings import GroqSettings

T = TypeVar("T")

_IN_FLIGHT = 2
_AHEAD_S = 8.0
"""Seconds of speech to fetch ahead of playout: a barge-in discards the rest."""
_AFTER_SENTENCE_S = 0.18
_WITHIN_SENTENCE_S = 0.04
_NOTHING_TO_SAY_S = 0.02
"""Silence played for unspeakable text: LiveKit treats no audio at all as an error."""
_ONCE = APIConnectOptions(max_retry=0)
"""LiveKit's retries are off: each request retries by itself, and knows what was already played."""


class GroqTTS(tts.TTS[Never]):
    """Groq's speech over the process's client, which it does not own; one voice per instance.

    Every failure becomes LiveKit's APIError. Text that is too long is split; unspeakable text is skipped.

    `spare`: whether the voice on this machine speaks what Groq's cannot.
    """

    def __init__(
        self,
        client: AsyncGroq,
        settings: GroqSettings,
        *,
        voice: str,
        breaker: Breaker | None = None,
        spare: bool = False,
    ) -> None:
        super().__init__(capabilities=tts.TTSCapabilities(streaming=True), sample_rate=RATE, num_channels=1)
        self.voice = GroqVoice(
            client,
            settings,
            voice,
            breaker or Breaker(settings),
            use=SpareUse("spare_voice"),
            spare=spare_for(voice) if spare else None,
        )

    @property
    def model(self) -> str:
        return self.voice.settings.speaking_model

    @property
    def provider(self) -> str:
        return "groq"

    def stream(
        self,
        *,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
    ) -> GroqTTSStream:
        return GroqTTSStream(self)

    def synthesize(
        self,
        text: str,
        *,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
    ) -> GroqTTSChunked:
        return GroqTTSChunked(self, text)


class GroqTTSStream(tts.SynthesizeStream):
    """Speaks a reply while it is generated. The first piece is short, so that the caller hears it early."""

    def __init__(self, speaking: GroqTTS) -> None:
        super().__init__(tts=speaking, conn_options=_ONCE)
        self._voice = speaking.voice

    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        _begin(output_emitter, stream=True)
        output_emitter.start_segment(segment_id=utils.shortuuid())
        await _speak(self._pieces(), self._voice, output_emitter.push, ahead_s=_AHEAD_S)

    async def _pieces(self) -> AsyncIterator[str]:
        splitter = TextSplitter()
        async for first in self._input_ch:
            for text in _with_waiting(first, self._input_ch):
                for piece in splitter.push(text) if isinstance(text, str) else splitter.finish():
                    self._mark_started()
                    yield piece
        for piece in splitter.finish():
            self._mark_started()
            yield piece


def _with_waiting(first: T, channel: utils.aio.Chan[T]) -> list[T | str]:
    """Join `first` with what came while earlier pieces were fetched: the more at once, the fewer requests."""
    inputs: list[T | str] = [first]
    while not channel.empty():
        following, last = channel.recv_nowait(), inputs[-1]
        if isinstance(following, str) and isinstance(last, str):
            inputs[-1] = last + following
        else:
            inputs.append(following)
    return inputs


class GroqTTSChunked(tts.ChunkedStream):
    """Speaks a complete text: in pieces of the maximum length, fetched as fast as possible."""

    def __init__(self, speaking: GroqTTS, text: str) -> None:
        super().__init__(tts=speaking, input_text=text, conn_options=_ONCE)
        self._voice = speaking.voice

    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        _begin(output_emitter, stream=False)
        await _speak(self._pieces(), self._voice, output_emitter.push, ahead_s=None)

    async def _pieces(self) -> AsyncIterator[str]:
        for piece in split_for_speech(self._input_text):
            yield piece


def _begin(emitter: tts.AudioEmitter, *, stream: bool) -> None:
    emitter.initialize(
        request_id=utils.shortuuid(), sample_rate=RATE, num_channels=1, mime_type="audio/pcm", stream=stream
    )


async def _speak(
    texts: AsyncIterable[str], voice: GroqVoice, push: Callable[[bytes], None], *, ahead_s: float | None
) -> None:
    """Fetch and play out concurrently. Raises: livekit's APIError."""
    pieces: asyncio.Queue[SpeechRequest | None] = asyncio.Queue()
    playout, reply = _Playout(push), Reply(voice)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_fetch(texts, reply, pieces, playout, ahead_s))
            group.create_task(_give_out(pieces, playout))
    except ExceptionGroup as errors:
        error: Exception = errors
        while isinstance(error, ExceptionGroup):
            error = error.exceptions[0]
        raise as_livekit_error(error) from error


async def _fetch(
    texts: AsyncIterable[str],
    reply: Reply,
    pieces: asyncio.Queue[SpeechRequest | None],
    playout: _Playout,
    ahead_s: float | None,
) -> None:
    free = asyncio.Semaphore(_IN_FLIGHT)
    async with asyncio.TaskGroup() as group:
        async for text in texts:
            await free.acquire()
            if ahead_s is not None:
                await asyncio.sleep(playout.left_s() - ahead_s)
            await reply.until_room()
            piece = SpeechRequest(text, reply, spare_s=max(0.0, playout.left_s()))
            group.create_task(piece.fetch()).add_done_callback(lambda _: free.release())
            pieces.put_nowait(piece)
    pieces.put_nowait(None)


async def _give_out(pieces: asyncio.Queue[SpeechRequest | None], playout: _Playout) -> None:
    before = ""
    while (piece := await pieces.get()) is not None:
        if before:
            playout.push_silence(_AFTER_SENTENCE_S if ends_sentence(before) else _WITHIN_SENTENCE_S)
        before = piece.text
        async with aclosing(piece.sound()) as sound:
            async for samples in sound:
                playout.push(samples.tobytes())
    if not before:
        playout.push_silence(_NOTHING_TO_SAY_S)


@dataclass
class _Playout:
    """Tracks how much audio was pushed, and so how much the caller has still to hear."""

    _push: Callable[[bytes], None]
    _ends_at: float = 0.0

    def push(self, samples: bytes) -> None:
        now = asyncio.get_running_loop().time()
        self._ends_at = max(self._ends_at, now) + len(samples) / 2 / RATE
        self._push(samples)

    def push_silence(self, seconds: float) -> None:
        self.push(bytes(2 * round(seconds * RATE)))

    def left_s(self) -> float:
        return self._ends_at - asyncio.get_running_loop().time()
