"""Groq's transcription model as LiveKit's STT: a turn-aware stream, or one request for one utterance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from groq import AsyncGroq
from livekit import rtc
from livekit.agents import NOT_GIVEN, APIConnectOptions, NotGivenOr, stt
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS
from livekit.agents.utils import AudioBuffer

from agents.audio.turn_model import TurnModel
from agents.audio.vad import RATE, SharedVAD, SpeechWindows
from agents.groq.breaker import Breaker
from agents.groq.spare_use import SpareUse
from agents.groq.stt.echo import EchoFilter, OwnSpeech
from agents.groq.stt.stream import GroqSTTStream, STTActivity, transcript
from agents.groq.stt.thrift import Thrift
from agents.groq.stt.transcription import Transcriber
from agents.roster.languages import ENGLISH
from agents.turns.turn_judge import TurnJudge
from settings import CallSettings, GroqSettings


class GroqSTT(stt.STT[Literal["not_understood", "endless", "nod"]]):
    """Transcribes over the process's client, which it does not own.

    `stream()` transcribes at every short pause (see `caller_turn`); `recognize()` is one request. Every
    failure is LiveKit's APIError; a stream reports it as an `error` event and keeps listening. It emits
    NOT_UNDERSTOOD for speech in which no word was recognized, ENDLESS for speech that does not pause, and NOD
    for a nod. `use` tracks when, and why, the second model hears instead of the first.

    `known`: names and words to expect. `language`: the spoken language. `activity` is the stream's current
    state. `vad` is the session's, and gets each window. `own_speech` returns what the agent speaks, so that
    its echo is not taken for a turn. `judge` decides what is a nod, and when a turn ends. `forgets_sounds`:
    see `agents.audio.vad.SpeechWindows`.
    `chat_model`: the role's, by default the settings': replies are only prepared if there is room for it.
    """

    def __init__(
        self,
        client: AsyncGroq,
        settings: GroqSettings,
        call: CallSettings,
        *,
        breaker: Breaker | None = None,
        known: Sequence[str] = (),
        language: str = ENGLISH,
        judge: TurnJudge | None = None,
        turn_model: TurnModel | None = None,
        chat_model: str | None = None,
    ) -> None:
        super().__init__(capabilities=stt.STTCapabilities(streaming=True, interim_results=True))
        self.activity = STTActivity()
        self.vad = SharedVAD()
        self.own_speech: Callable[[], OwnSpeech] = OwnSpeech
        self.forgets_sounds = False
        self.judge = judge or TurnJudge.of(call.turn_taking)
        self._turn_model = turn_model
        breaker = breaker or Breaker(settings)
        answering = settings.model_copy(update={"chat_model": chat_model}) if chat_model else settings
        self._thrift = Thrift(breaker.budget, answering)
        self.use = SpareUse("second_ear")
        self._transcriber = Transcriber(
            client,
            settings,
            breaker,
            known=known,
            language=language,
            use=self.use,
        )
        self._settings, self._call = settings, call

    @property
    def model(self) -> str:
        return self._settings.hearing_model

    @property
    def provider(self) -> str:
        return "groq"

    def stream(
        self,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
    ) -> GroqSTTStream:
        """Open a stream. LiveKit's retries stay off whatever `conn_options` says: the transcriber retries."""
        echo = EchoFilter(lambda: self.own_speech())
        return GroqSTTStream(
            self,
            self._transcriber,
            self._call,
            self.activity,
            windows=SpeechWindows(forgets_sounds=self.forgets_sounds),
            vad=self.vad,
            echo=echo,
            judge=self.judge,
            turn_model=self._turn_model,
            thrift=self._thrift,
        )

    async def _recognize_impl(
        self,
        buffer: AudioBuffer,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions,
    ) -> stt.SpeechEvent:
        frame = rtc.combine_audio_frames(buffer)
        words = await self._transcriber.transcribe(_at_our_rate(frame), speech_s=frame.duration)
        return transcript(stt.SpeechEventType.FINAL_TRANSCRIPT, words, self._transcriber.language)


def _at_our_rate(frame: rtc.AudioFrame) -> bytes:
    if frame.sample_rate == RATE and frame.num_channels == 1:
        return bytes(frame.data)
    resampler = rtc.AudioResampler(frame.sample_rate, RATE, num_channels=frame.num_channels)
    samples = b"".join(bytes(part.data) for part in [*resampler.push(frame), *resampler.flush()])
    return bytes(memoryview(samples).cast("h")[:: frame.num_channels])
