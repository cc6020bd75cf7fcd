"""A reply prepared too early waits while the account has little left, and is requested in its turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from groq import AsyncGroq
from livekit.agents import APIError
from livekit.agents.llm import ChatContext
from livekit.agents.voice.agent_activity import _SpeechHandleContextVar
from livekit.agents.voice.speech_handle import SpeechHandle

from agents.audio.spare_voice import spare_for
from agents.groq.breaker import Breaker
from agents.groq.budget.budget import Answer
from agents.groq.llm.groq_llm import GroqLLM
from agents.groq.rate_limits import Left
from agents.groq.spare_use import SpareUse
from agents.groq.tts.speech_request import GroqVoice, Reply
from settings import GroqSettings

SETTINGS = GroqSettings()
SPEECH = SETTINGS.speaking_model
ANSWERED = (
    'data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":'
    '[{"index":0,"delta":{"content":"Yes."},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
)


@pytest.fixture
async def prepared() -> SpeechHandle:
    """A reply that LiveKit prepares in this task."""
    reply = SpeechHandle.create()
    _SpeechHandleContextVar.set(reply)
    return reply


@pytest.fixture
def breaker() -> Breaker:
    return Breaker(SETTINGS)


@pytest.fixture
def asked() -> list[httpx.Request]:
    return []


@pytest.fixture
async def client(asked: list[httpx.Request]) -> AsyncIterator[AsyncGroq]:
    """Yield a client whose first two requests Groq refuses."""

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if len(asked) <= 2:
            return httpx.Response(429, headers={"retry-after": "20"}, json={"error": {}})
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, text=ANSWERED)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        yield AsyncGroq(api_key="k", base_url="http://groq.test", max_retries=0, http_client=http)


def characters_left(breaker: Breaker, left: int) -> None:
    breaker.budget.learn(Answer(SPEECH, {"tokens": Left(50_000, left, (50_000 - left) / 50_000 * 60)}))


def reply_of(client: AsyncGroq, breaker: Breaker, *, spare: bool = False) -> Reply:
    voice = GroqVoice(
        client, SETTINGS, "hannah", breaker, SpareUse("spare_voice"), spare_for("hannah") if spare else None
    )
    return Reply(voice)


async def passes(reply: Reply) -> bool:
    """Whether the reply need not wait."""
    waiting = asyncio.ensure_future(reply.until_room())
    await asyncio.sleep(0)
    waiting.cancel()
    return waiting.done()


@pytest.mark.usefixtures("prepared")
async def test_speech_is_prepared_while_there_is_room(client: AsyncGroq, breaker: Breaker) -> None:
    characters_left(breaker, 20_000)
    assert await passes(reply_of(client, breaker))


async def test_speech_of_a_prepared_reply_waits_for_its_turn_when_little_is_left(
    client: AsyncGroq, breaker: Breaker, prepared: SpeechHandle
) -> None:
    characters_left(breaker, 10_000)
    reply = reply_of(client, breaker)
    assert not await passes(reply)
    prepared._mark_scheduled()
    assert await passes(reply)


@pytest.mark.usefixtures("prepared")
async def test_the_spare_voice_costs_nothing_and_need_not_wait(client: AsyncGroq, breaker: Breaker) -> None:
    breaker.budget.learn(Answer(SPEECH, held_s=20.0))
    assert await passes(reply_of(client, breaker, spare=True))


async def test_a_reply_that_limits_refused_too_early_is_asked_for_again_in_its_turn(
    client: AsyncGroq, breaker: Breaker, prepared: SpeechHandle, asked: list[httpx.Request]
) -> None:
    question = ChatContext.empty()
    question.add_message(role="user", content="Are you open?")
    async with GroqLLM(client, SETTINGS, breaker=breaker).chat(chat_ctx=question) as stream:
        reading = asyncio.ensure_future(stream.collect())
        while len(asked) < 2:  # noqa: ASYNC110 - the second request is no event
            await asyncio.sleep(0.001)
        assert not reading.done()
        prepared._mark_scheduled()
        async with asyncio.timeout(600):
            assert (await reading).text == "Yes."
    assert len(asked) == 3


async def test_a_turn_that_limits_refuse_fails_at_once(
    client: AsyncGroq, breaker: Breaker, asked: list[httpx.Request]
) -> None:
    question = ChatContext.empty()
    question.add_message(role="user", content="Are you open?")
    async with GroqLLM(client, SETTINGS, breaker=breaker).chat(chat_ctx=question) as stream:
        with pytest.raises(APIError):
            await stream.collect()
    assert len(asked) == 2
