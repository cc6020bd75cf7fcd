"""The requests' cost, as the client counts it, equals what the stand-in's account has spent."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from groq import AsyncGroq
from livekit.agents import APIError
from livekit.agents.voice import SpeechHandle
from livekit.agents.voice.agent_activity import _SpeechHandleContextVar
from pydantic import SecretStr

from agents.audio.vad import RATE
from agents.groq.breaker import Breaker
from agents.groq.client import make_client
from agents.groq.llm.groq_llm import GroqLLM
from agents.groq.spending.book import SpendingBook, plus
from agents.groq.spending.guesses import watch_guess
from agents.groq.stt.transcription import Transcriber
from agents.groq.summary import GroqSummarizer
from agents.groq.tts.groq_tts import GroqTTS
from errors import SummaryFailed
from local.groq_standin import StandIn
from local.groq_standin.latencies import Latencies
from local.speech import CALLER, synthesize
from persistence.records import CallId, Turn, Used
from settings import GroqAccess, GroqSettings
from tests.groq.talk import ask

CHAT, ORPHEUS, WHISPER = "openai/gpt-oss-120b", "canopylabs/orpheus-v1-english", "whisper-large-v3-turbo"
HELLO = synthesize("hello", CALLER, sample_rate=RATE).samples.tobytes()
SAID = [Turn(CallId("c"), 1, "caller", "I was charged twice", 0, 1)]
QUICK = Latencies(first_token_ms=20, per_token_ms=3, transcription_ms=20, speech_first_ms=20)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits longer for answers, so that even on a busy machine none is given up."""
    for module in ("unread", "metered_client"):
        monkeypatch.setattr(f"agents.groq.spending.{module}.UNREAD_S", 30.0)


@pytest.fixture
def book() -> SpendingBook:
    made = SpendingBook()
    made.asks = watch_guess
    return made


@pytest.fixture
async def client(stand_in: StandIn, settings: GroqSettings, book: SpendingBook) -> AsyncIterator[AsyncGroq]:
    access = GroqAccess.model_construct(base_url=stand_in.url, api_key=SecretStr(stand_in.key))
    async with make_client(settings, access, book=book) as made:
        yield made


def counted(book: SpendingBook, model: str) -> Used:
    """Return what the book has counted, without refusals: those of a fault are not in the account."""
    both = plus(book.sums.get((model, False), Used()), book.sums.get((model, True), Used()))
    return replace(both, refused=0)


def billed(stand_in: StandIn, model: str) -> Used:
    told = stand_in.control.account.ledger.public()[model]
    return Used(**{name: figure for name, figure in told.items() if name != "untold_tokens"})


class Asking:
    """Makes every kind of request that costs money, as calls do."""

    def __init__(self, client: AsyncGroq, settings: GroqSettings) -> None:
        breaker = Breaker(settings)
        self.chat = GroqLLM(client, settings, breaker=breaker)
        self._hearing = Transcriber(client, settings, breaker)
        self._speaking = GroqTTS(client, settings, voice="hannah", breaker=breaker)
        self._summing = GroqSummarizer(client, settings, "Sum it up.", breaker=breaker)

    async def answer(self) -> None:
        await ask(self.chat)

    async def hear(self) -> None:
        await self._hearing.transcribe(HELLO, speech_s=0.5)

    async def speak(self) -> None:
        async with self._speaking.synthesize("You were charged twice, I see.") as sound:
            async for _ in sound:
                pass

    async def sum_up(self) -> None:
        await self._summing.summarize(SAID, reason="")

    @property
    def each(self) -> list[Callable[[], Coroutine[Any, Any, None]]]:
        return [self.answer, self.hear, self.speak, self.sum_up]


async def test_an_answer_a_sentence_and_a_recording_are_counted_to_the_unit(
    client: AsyncGroq, settings: GroqSettings, stand_in: StandIn, book: SpendingBook
) -> None:
    asking = Asking(client, settings)
    for one in asking.each:
        await one()
    await book.unread.settle()
    for model in (CHAT, settings.summary_model, ORPHEUS, WHISPER):
        assert counted(book, model) == billed(stand_in, model)
    spoken, heard, answered = (counted(book, model) for model in (ORPHEUS, WHISPER, CHAT))
    assert spoken.characters == 30 * spoken.requests > 0  # on a busy machine requests may be retried
    assert heard.billed_audio_ms == 10_000 * heard.requests > 0
    assert 0 < heard.audio_ms < 2_000 * heard.requests
    assert answered.prompt_tokens > answered.completion_tokens > 0


@pytest.mark.parametrize("answered", [False, True])
async def test_a_reply_that_is_dropped_before_its_turn_is_thrown_away(
    client: AsyncGroq, settings: GroqSettings, book: SpendingBook, *, answered: bool
) -> None:
    """LiveKit prepares a reply while the caller may continue, and schedules it once the turn is over."""
    reply = SpeechHandle.create()
    as_reply = _SpeechHandleContextVar.set(reply)
    asking = Asking(client, settings)
    await asking.answer()
    await asking.speak()
    _SpeechHandleContextVar.reset(as_reply)
    if answered:
        reply._mark_scheduled()
    await book.unread.settle()
    reply._mark_done()
    await asyncio.sleep(0)
    for model in (CHAT, ORPHEUS):
        kept, wrong = (book.sums.get((model, thrown_away), Used()) for thrown_away in (False, True))
        assert counted(book, model).requests > 0
        assert (wrong if answered else kept) == Used()


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_refused_void_and_overtaken_requests_are_counted_as_the_account_counts_them(
    client: AsyncGroq, settings: GroqSettings, stand_in: StandIn, book: SpendingBook, seed: int
) -> None:
    """Half of the requests are cancelled at a random moment, and every third one meets a fault."""
    chance = random.Random(seed)
    asking = Asking(client, settings)
    stand_in.control.set_latencies(QUICK)
    faults: list[tuple[Any, Any, dict[str, Any]]] = [
        ("chat", "rate_limited", {"retry_after_s": 20}),
        ("chat", "empty", {}),
        ("chat", "ends_early", {"after_chunks": 2}),
        ("chat", "cut", {"after_chunks": 1}),
        ("chat", "error_event", {"code": "capacity_exceeded", "after_chunks": 1}),
        ("chat", "tool_use_failed", {}),
        ("transcriptions", "rate_limited", {"retry_after_s": 0.01}),
        ("transcriptions", "empty", {}),
        ("transcriptions", "cut", {}),
        ("speech", "server_error", {"status": 503}),
        ("speech", "ends_early", {}),
        ("speech", "empty", {}),
    ]
    for _ in range(30):
        if chance.random() < 0.33:
            endpoint, kind, fields = chance.choice(faults)
            stand_in.control.fault(endpoint, kind, **fields)
        asked = asyncio.create_task(chance.choice(asking.each)())
        if chance.random() < 0.5:
            await asyncio.wait({asked}, timeout=chance.uniform(0, 0.08))
            asked.cancel()
        with suppress(APIError, SummaryFailed, asyncio.CancelledError):
            await asked
    await book.unread.settle()
    ledger = stand_in.control.account.ledger.public()
    assert len(ledger) >= 3
    for model in ledger:
        assert counted(book, model) == billed(stand_in, model), model
