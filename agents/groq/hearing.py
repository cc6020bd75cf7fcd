"""Groq's transcription as LiveKit's STT: one utterance in, its words out, silence and noise left out."""

from __future__ import annotations

import logging
from typing import Any

from groq import AsyncGroq
from groq.types.audio import Transcription
from livekit import rtc
from livekit.agents import NOT_GIVEN, APIConnectOptions, NotGivenOr, stt, vad
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS
from livekit.agents.utils import AudioBuffer

from agents.groq.errors import as_livekit_error
from agents.groq.hearing_stream import HearingStream, transcript
from settings import CallSettings, GroqSettings

log = logging.getLogger("baton.groq.hearing")

_LANGUAGE = "en"
_SHORTEST_S = 0.1
"""Groq refuses shorter audio; nobody says anything in it either."""


class GroqHearing(stt.STT[Any]):
    """Transcribes over the process's client, which it does not own.

    `stream()` prepares a transcript at every short silence (`hearing_stream`); `recognize()` is one request, for
    LiveKit's own StreamAdapter. Every failure is LiveKit's APIError; none of them holds what was said.
    """

    def __init__(
        self, client: AsyncGroq, settings: GroqSettings, call: CallSettings, *, vad: vad.VAD
    ) -> None:
        super().__init__(capabilities=stt.STTCapabilities(streaming=True, interim_results=True))
        self._client, self._settings, self._call, self._vad = client, settings, call, vad

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
    ) -> stt.RecognizeStream:
        """A stream that lives as long as the session; a failed request is reported and does not end it."""
        return HearingStream(self, self._vad, self._call)

    async def transcribe(self, audio: rtc.AudioFrame) -> str:
        """The words, or "" where nobody spoke. Tries once more where that may help. Raises: APIError."""
        if audio.duration < _SHORTEST_S:
            return ""
        try:
            return await self._ask(audio)
        except Exception as error:  # noqa: BLE001 - anything but an APIError would leave the agent deaf
            failure = as_livekit_error(error)
            if not failure.retryable:
                raise failure from error
            log.warning("transcription tried again", extra={"error": type(failure).__name__})
        try:
            return await self._ask(audio)
        except Exception as error:
            raise as_livekit_error(error) from error

    async def _ask(self, audio: rtc.AudioFrame) -> str:
        answer = await self._client.audio.transcriptions.create(
            file=("speech.wav", audio.to_wav_bytes()),
            model=self.model,
            language=_LANGUAGE,
            response_format="verbose_json",
            temperature=0,
            timeout=self._settings.hearing_limit_s,
        )
        return self._spoken(answer)

    def _spoken(self, answer: Transcription) -> str:
        """Leave out what Whisper makes of silence: "Thank you." comes with a high share of no-speech."""
        segments = (answer.model_extra or {}).get("segments")
        if not segments:
            return answer.text.strip()
        limit = self._settings.no_speech_limit
        return " ".join(
            str(segment["text"]).strip() for segment in segments if segment.get("no_speech_prob", 0) <= limit
        ).strip()

    async def _recognize_impl(
        self,
        buffer: AudioBuffer,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions,
    ) -> stt.SpeechEvent:
        text = await self.transcribe(rtc.combine_audio_frames(buffer))
        return transcript(stt.SpeechEventType.FINAL_TRANSCRIPT, text)
