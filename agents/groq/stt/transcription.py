"""Transcribes one utterance, with one retry, and filters what Whisper invents in silence."""

from __future__ import annotations

import asyncio
import logging
import re

from groq import AsyncGroq
from livekit import rtc
from pydantic import BaseModel, ConfigDict

from agents.groq.breaker import Breaker
from agents.groq.errors import BadAnswer, Fault, as_livekit_error, fault_of
from agents.groq.retry import FIRST_TRY_SHARE, wait_before_retry_s
from agents.groq.stt.speech_meter import SURELY_SPEECH_S
from settings import GroqSettings

log = logging.getLogger(__name__)

LANGUAGE = "en"
"""The speech model's language. Whisper is faster and more accurate when told."""
RATE = 16_000
"""Samples a second, as Whisper uses internally."""

_SHORTEST = RATE // 5
"""Samples. Groq rejects less than 0.01 s; Whisper invents words for little more."""
_MADE_UP = {"thank you", "thanks", "thank you very much", "thanks for watching", "you", "bye", "okay", "so"}
"""What Whisper is known to invent in silence. Callers say it too, so only its threshold is stricter."""


class _Segment(BaseModel):
    model_config = ConfigDict(extra="ignore")

    text: str
    no_speech_prob: float = 0.0


class _Answer(BaseModel):
    """The fields used of Groq's verbose_json."""

    model_config = ConfigDict(extra="ignore")

    text: str
    segments: list[_Segment] | None = None


class Transcriber:
    """Transcribes over the process's client, which it does not own."""

    def __init__(self, client: AsyncGroq, settings: GroqSettings, breaker: Breaker) -> None:
        self._client, self._settings, self._breaker = client, settings, breaker

    async def transcribe(self, audio: bytes, *, speech_s: float) -> str:
        """Transcribe 16-bit mono samples at RATE, with about `speech_s` seconds of speech; "" without speech.

        Raises: livekit's APIError, within `hearing_limit_s`; sooner while the model's circuit is open.
        """
        limit_s, first_limit_s = self._limits_s()
        wav = _wav(audio)
        try:
            async with asyncio.timeout(limit_s):
                try:
                    async with asyncio.timeout(first_limit_s):
                        return await self._ask(wav, words_expected=speech_s >= SURELY_SPEECH_S)
                except Exception as error:
                    self._breaker.record_failure(self._settings.hearing_model, error)
                    wait_s = wait_before_retry_s(error, self._settings)
                    _log(error, again=wait_s is not None)
                    if wait_s is None:
                        raise
                await asyncio.sleep(wait_s)
                return await self._ask(wav, words_expected=False)
        except Exception as error:
            self._breaker.record_failure(self._settings.hearing_model, error)
            _log(error, again=False)
            # Any other exception would leave the agent deaf for the rest of the call (livekit-facts).
            raise as_livekit_error(error) from error

    def _limits_s(self) -> tuple[float, float]:
        """Timeouts: both attempts, the first. Without a second model, an open circuit shortens them."""
        if self._breaker.trusts(self._settings.hearing_model):
            return self._settings.hearing_limit_s, self._settings.hearing_limit_s * FIRST_TRY_SHARE
        return self._settings.doubted_limit_s, self._settings.doubted_limit_s

    async def _ask(self, wav: bytes, *, words_expected: bool) -> str:
        answer = await self._client.audio.transcriptions.create(
            model=self._settings.hearing_model,
            file=("speech.wav", wav),
            response_format="verbose_json",
            temperature=0,
            language=LANGUAGE,
        )
        heard = _Answer.model_validate(answer.model_dump())
        self._breaker.record_success(self._settings.hearing_model)
        if words_expected and not heard.text.strip():
            raise BadAnswer(Fault.CUT_SHORT)
        return _spoken(heard, self._settings.no_speech_limit)


def _spoken(answer: _Answer, limit: float) -> str:
    if answer.segments is None:
        return answer.text.strip()
    words = [
        segment.text.strip()
        for segment in answer.segments
        if segment.no_speech_prob <= (limit / 2 if _is_made_up(segment.text) else limit)
    ]
    return " ".join(word for word in words if any(letter.isalnum() for letter in word))


def _is_made_up(text: str) -> bool:
    return re.sub(r"[^a-z ]", "", text.lower()).strip() in _MADE_UP


def _wav(audio: bytes) -> bytes:
    audio = audio.ljust(2 * _SHORTEST, b"\0")
    return rtc.AudioFrame(audio, RATE, 1, len(audio) // 2).to_wav_bytes()


def _log(error: Exception, *, again: bool) -> None:
    log.warning("transcription failed", extra={"fault": fault_of(error), "again": again})
