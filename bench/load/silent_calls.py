"""Calls without sound: they make their requests on the account, and nobody hears the answers.

Each has a turn about every ten seconds, as in `tests/unit/agents/groq/test_many_calls.py`: two early
transcriptions and a guess at the reply with its speech, as far as the budget allows; then the turn itself.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from itertools import cycle
from typing import Protocol

import groq
import httpx
from groq.types.chat import ChatCompletionMessageParam
from livekit import rtc

from agents.groq.budget.budget import Answer, Budget, Spend
from agents.groq.errors import retry_after_s
from agents.groq.rate_limits import limits_in
from local.speech import CALLER, synthesize
from settings import GroqSettings
from tasks import together

_TURN_S, _VARIES = 10.0, (0.7, 1.3)
_GUESSES_AT_WORDS, _SENTENCES = 2, 2
_HZ = 16_000
_PROMPT = "You answer the telephone of a shop. " * 90
"""About 900 tokens with the answer, as many as a turn of the project's roster uses."""
_TOKENS = 120
_ANSWER = "We are open from nine to six, Monday to Friday."


class _SilentCalls:
    def __init__(self, client: groq.AsyncGroq, lines: Sequence[str], settings: GroqSettings) -> None:
        self._client, self._models = client, settings
        self._lines = cycle([_wav(line) for line in lines])
        self._budget = Budget()

    async def talk(self, chance: random.Random) -> None:
        """Make one call's requests, forever."""
        await asyncio.sleep(_TURN_S * chance.random())
        while True:
            async with together() as pacing:
                pacing.create_task(asyncio.sleep(_TURN_S * chance.uniform(*_VARIES)))
                pacing.create_task(self._turn(next(self._lines)))

    async def _turn(self, wav: bytes) -> None:
        models, budget = self._models, self._budget
        for _ in range(_GUESSES_AT_WORDS):
            if budget.allows(Spend.GUESS, [models.hearing_model]):
                await self._hear(models.hearing_model, wav)
        if budget.allows(Spend.GUESS, [models.chat_model]):
            await self._chat(models.chat_model)
            if budget.allows(Spend.PREPARED, [models.speaking_model]):
                await self._speak(models.speaking_model)
        held = budget.hold(models.hearing_model) is not None
        await self._hear(models.second_hearing_model if held else models.hearing_model, wav)
        larger = budget.allows(Spend.LARGER_MODEL, [models.chat_model])
        await self._chat(models.chat_model if larger else models.second_chat_model)
        for _ in range(_SENTENCES):
            if not budget.holds_long(models.speaking_model):
                await self._speak(models.speaking_model)

    async def _hear(self, model: str, wav: bytes) -> None:
        transcriptions = self._client.audio.transcriptions.with_raw_response
        await self._learn(model, transcriptions.create(model=model, file=("speech.wav", wav), language="en"))

    async def _chat(self, model: str) -> None:
        completions = self._client.chat.completions.with_raw_response
        asked: list[ChatCompletionMessageParam] = [
            {"role": "system", "content": _PROMPT},
            {"role": "user", "content": "what are your opening hours"},
        ]
        await self._learn(
            model, completions.create(model=model, messages=asked, max_completion_tokens=_TOKENS)
        )

    async def _speak(self, model: str) -> None:
        speech, voice = self._client.audio.speech.with_raw_response, self._models.voices.split()[0]
        await self._learn(
            model, speech.create(model=model, voice=voice, input=_ANSWER, response_format="wav")
        )

    async def _learn(self, model: str, request: Awaitable[_Answered]) -> None:
        """Make the request, and learn from its answer's headers, as a job does."""
        try:
            self._budget.learn(Answer(model, limits_in((await request).headers)))
        except groq.RateLimitError as error:
            held_s = retry_after_s(error)
            self._budget.learn(Answer(model, limits_in(error.response.headers), held_s))


class _Answered(Protocol):
    @property
    def headers(self) -> httpx.Headers: ...


@asynccontextmanager
async def silent_calls(
    address: str, lines: Sequence[str], count: int, settings: GroqSettings
) -> AsyncIterator[None]:
    """Run `count` calls until the block ends. `address`: the account's. Raises: groq.GroqError."""
    async with groq.AsyncGroq(base_url=address, api_key="stand-in", max_retries=0) as client:
        calls = _SilentCalls(client, lines, settings)
        async with together() as talking:
            tasks = [talking.create_task(calls.talk(random.Random(number))) for number in range(count)]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()


def _wav(line: str) -> bytes:
    """Return the line as WAV in the caller's voice, which the stand-in knows by its sound."""
    samples = synthesize(line, CALLER, sample_rate=_HZ).samples
    return rtc.AudioFrame(samples.tobytes(), _HZ, 1, len(samples)).to_wav_bytes()
