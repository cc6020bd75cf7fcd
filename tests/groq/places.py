"""Every place where a call needs Groq: the request, the right result, and its time limit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from groq import AsyncGroq
from livekit.agents import APIError

from agents.audio.prepared_audio import render_prompt
from agents.audio.vad import RATE
from agents.groq.breaker import Breaker
from agents.groq.llm.groq_llm import GroqLLM
from agents.groq.stt.transcription import Transcriber
from agents.groq.summary import GroqSummarizer, Screener
from agents.groq.tts.groq_tts import GroqTTS
from errors import SummaryFailed
from local.groq_standin.faults import Endpoint, Purpose
from local.speech import CALLER, synthesize
from settings import GroqSettings, HandoffSettings
from tests.groq.talk import HELLO_ANSWER, WANTS_BILLING, ask
from transfer.protocol import Brief

LIMITS = HandoffSettings.model_construct()
SAID = synthesize("hello", CALLER, sample_rate=RATE).samples.tobytes()
LINE = "Good day to you."


@dataclass(frozen=True, slots=True)
class Place:
    """`ask` returns the result, or "" if it failed with an error that reaches the caller."""

    endpoint: Endpoint
    limit_s: float
    right: str
    ask: Callable[[AsyncGroq, GroqSettings], Awaitable[str]]
    purpose: Purpose | None = None


async def _reply(client: AsyncGroq, settings: GroqSettings) -> str:
    return (await ask(GroqLLM(client, settings))).words


async def _tool_call(client: AsyncGroq, settings: GroqSettings) -> str:
    heard = await ask(GroqLLM(client, settings), WANTS_BILLING)
    return " ".join(call.arguments for call in heard.calls)


async def _summary(client: AsyncGroq, settings: GroqSettings) -> str:
    summarizer = GroqSummarizer(client, settings, "Sum this up.", limit_s=LIMITS.summary_limit_s)
    try:
        return (await summarizer.summarize([], reason="an invoice")).matter
    except SummaryFailed:
        return ""


async def _screening(client: AsyncGroq, settings: GroqSettings) -> str:
    screener = Screener(client, settings, "Decide.", limit_s=LIMITS.answer_limit_s)
    brief = Brief(reason="my invoice", turns=(), from_role="front-desk")
    try:
        accepted, _ = await screener.screen("You are a desk.\nYour role: desk", brief)
    except SummaryFailed:
        return ""
    return "yes" if accepted else "no"


async def _hearing(client: AsyncGroq, settings: GroqSettings) -> str:
    try:
        return await Transcriber(client, settings, Breaker(settings)).transcribe(SAID, speech_s=0.6)
    except APIError:
        return ""


async def _speaking(client: AsyncGroq, settings: GroqSettings) -> str:
    try:
        line = await render_prompt(GroqTTS(client, settings, voice="hannah"), LINE)
    except APIError:
        return ""
    return LINE if line.duration_s > 0.5 else "too short"


_GROQ = GroqSettings.model_construct()

PLACES: Mapping[str, Place] = {
    "reply": Place("chat", 2.0, HELLO_ANSWER, _reply, "reply"),
    "tool call": Place("chat", 2.0, '{"target": "billing"}', _tool_call, "reply"),
    "summary": Place(
        "chat", LIMITS.summary_limit_s, "you were charged twice for your last invoice", _summary, "summary"
    ),
    "screening": Place("chat", LIMITS.answer_limit_s, "yes", _screening, "screening"),
    "speech in": Place("transcriptions", _GROQ.hearing_limit_s, "Hello.", _hearing),
    "speech out": Place("speech", _GROQ.speaking_limit_s, LINE, _speaking),
}


async def timed(work: Awaitable[str]) -> tuple[str, float]:
    """Returns the result and the seconds it took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    came = await work
    return came, loop.time() - began
