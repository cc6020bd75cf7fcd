"""Transcribes one utterance. If the first model fails or is slow, also asks the second one.

LiveKit's stt.FallbackAdapter does not fit here: it switches to another stream, but the caller's turn, with
its guesses and kept words, lives in the stream.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from functools import partial

from groq import AsyncGroq, omit
from livekit import rtc

from agents.audio.vad import RATE
from agents.groq.breaker import Breaker
from agents.groq.errors import BadAnswer, Fault, fault_of
from agents.groq.livekit_errors import as_livekit_error
from agents.groq.retry import wait_before_retry_s
from agents.groq.spare_use import SpareUse
from agents.groq.stt.heard_words import Answer, spoken_words
from agents.groq.stt.speech_meter import SURELY_SPEECH_S
from agents.groq.stt.whisper_prompt import prompt_for
from agents.roster.languages import ENGLISH
from settings import GroqSettings

log = logging.getLogger(__name__)

_SHORTEST = RATE // 5
"""The fewest samples sent. Groq rejects less than 0.01 s; Whisper invents words for little more."""
_SLOW_SHARE = 0.2
"""Share of the timeout after which a second try starts. The first continues: late words are still valid."""


class Transcriber:
    """Transcribes over the process's client, which it does not own. `known`: names and words to expect.

    `language`: as Groq names it. Whisper is faster and more accurate if it knows the language.
    `use` records when the second model hears instead of the first.
    """

    def __init__(
        self,
        client: AsyncGroq,
        settings: GroqSettings,
        breaker: Breaker,
        *,
        known: Sequence[str] = (),
        language: str = ENGLISH,
        use: SpareUse | None = None,
    ) -> None:
        self._client, self._settings, self._breaker = client, settings, breaker
        self._known, self.language = tuple(known), language
        self._use = use or SpareUse("second_ear")

    async def transcribe(self, audio: bytes, *, speech_s: float, after: str = "") -> str:
        """Transcribe 16-bit mono samples at RATE, with about `speech_s` seconds of speech; "" without speech.

        `after`: what was said before it in the same turn. Raises: livekit's APIError, within
        `hearing_limit_s`; sooner while the model's circuit is open.
        """
        models, limit_s, slow_s = self._models()
        ask = partial(self._ask, _wav(audio), prompt_for(self._known, after))
        tries = [asyncio.create_task(ask(models[0], words_expected=speech_s >= SURELY_SPEECH_S))]
        try:
            async with asyncio.timeout(limit_s):
                await asyncio.wait(tries, timeout=slow_s)
                while (wait_s := self._wait_before_next_s(tries, models)) is not None:
                    await asyncio.sleep(wait_s)
                    model = models[len(tries) % len(models)]
                    tries.append(asyncio.create_task(ask(model, words_expected=False)))
                    await asyncio.wait(tries[-2:], return_when=asyncio.FIRST_COMPLETED)
                return await _first_good(tries)
        except Exception as error:
            for place, each in enumerate(tries):
                if not each.done():  # it took the time of two tries
                    self._failed(models[place % len(models)], error)
                    self._failed(models[place % len(models)], error)
            _log(error, again=False)
            # Any other exception would leave the agent deaf for the rest of the call (livekit-facts).
            raise as_livekit_error(error) from error
        finally:
            for each in tries:
                each.cancel()
            await asyncio.wait(tries)

    def _models(self) -> tuple[Sequence[str], float, float]:
        """Return the models to ask in turn, the timeout, and when a second try starts.

        The timeout is shorter if neither model is trusted.
        """
        settings, breaker = self._settings, self._breaker
        first, second = settings.hearing_model, settings.second_hearing_model
        limits_s = settings.hearing_limit_s, settings.hearing_limit_s * _SLOW_SHARE
        if self._lacks(first) and not (self._lacks(second) or breaker.rests(second)):
            return [second], *limits_s
        if breaker.trusts(first):
            # If both are spent, a try of either may be due.
            second_fails = breaker.rests(second) or (breaker.spent(second) and not breaker.spent(first))
            alone = second == first or second_fails
            return [first] if alone else [first, second], *limits_s
        if breaker.trusts(second):
            return [second], *limits_s
        return list(dict.fromkeys((first, second))), settings.doubted_limit_s, settings.doubted_limit_s

    def _lacks(self, model: str) -> bool:
        return self._breaker.spent(model) or self._breaker.budget.yields(model)

    def _wait_before_next_s(self, tries: list[asyncio.Task[str]], models: Sequence[str]) -> float | None:
        """Return the seconds until another try; None: no other try.

        The second starts after the first has failed, or alongside it if it is slow. The third starts only if
        the second has failed while the first still hangs, which may be a dead connection.
        """
        first, newest = tries[0], tries[-1]
        if not first.done() and newest is first:
            log.info("transcription slow")
            return 0.0
        failure = _failure(newest)
        if failure is None or len(tries) > 2 or (newest is not first and first.done()):
            return None
        another = len(models) > 1 and fault_of(failure) is not Fault.MISUSED
        wait_s = 0.0 if another else wait_before_retry_s(failure, self._settings)
        if wait_s is not None:
            _log(failure, again=True)
        return wait_s

    async def _ask(self, wav: bytes, prompt: str, model: str, *, words_expected: bool) -> str:
        try:
            answer = await self._client.audio.transcriptions.create(
                model=model,
                file=("speech.wav", wav),
                prompt=prompt or omit,
                response_format="verbose_json",
                temperature=0,
                language=self.language,
            )
            heard = Answer.model_validate(answer.model_dump())
        except Exception as error:
            self._failed(model, error)
            raise
        self._breaker.record_success(model)
        if words_expected and not heard.text.strip():
            raise BadAnswer(Fault.CUT_SHORT)
        self._use.served(by_spare=model != self._settings.hearing_model)
        return spoken_words(heard, no_speech_limit=self._settings.no_speech_limit, known=self._known)

    def _failed(self, model: str, error: Exception) -> None:
        self._breaker.record_failure(model, error)
        if model == self._settings.hearing_model:
            self._use.failed(error)


async def _first_good(tries: list[asyncio.Task[str]]) -> str:
    """Return the first result; if all fail, raise the last one's failure."""
    pending = set(tries)
    while True:
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        good = [each for each in done if each.exception() is None]
        if good or not pending:
            return (good or tries)[-1].result()


def _failure(done: asyncio.Task[str]) -> Exception | None:
    if not done.done() or done.cancelled():
        return None
    failure = done.exception()
    return failure if isinstance(failure, Exception) else None


def _wav(audio: bytes) -> bytes:
    audio = audio.ljust(2 * _SHORTEST, b"\0")
    return rtc.AudioFrame(audio, RATE, 1, len(audio) // 2).to_wav_bytes()


def _log(error: Exception, *, again: bool) -> None:
    log.warning("transcription failed", extra={"fault": fault_of(error), "again": again})
