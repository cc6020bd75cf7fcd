"""Health probe: whether Groq transcribes and answers again. Runs while a caller is on hold, never in a turn.

It does not test speech: a spare voice speaks while Groq's does not.
"""

from __future__ import annotations

from groq import AsyncGroq
from livekit.agents import APIError
from livekit.agents.llm import ChatContext

from agents.audio.vad import RATE
from agents.groq.breaker import Breaker
from agents.groq.llm.groq_llm import GroqLLM
from agents.groq.stt.transcription import Transcriber
from settings import GroqSettings

_SILENCE = bytes(RATE)  # half a second
_QUESTION = "Answer with the one word: yes."


async def serves(client: AsyncGroq, settings: GroqSettings, breaker: Breaker, *, model: str | None) -> bool:
    """Transcribe half a second, and generate one word. Stops at the first failure.

    Sends nothing while the limits of all models for hearing, or of all for chat, are known to be spent: the
    probe would use up the very quota that is missing.
    """
    ears = {settings.hearing_model, settings.second_hearing_model}
    chat = {model or settings.chat_model, settings.second_chat_model}
    if all(map(breaker.spent, ears)) or all(map(breaker.spent, chat)):
        return False
    question = ChatContext.empty()
    question.add_message(role="user", content=_QUESTION)
    try:
        await Transcriber(client, settings, breaker).transcribe(_SILENCE, speech_s=0.0)
        async with GroqLLM(client, settings, model=model, breaker=breaker).chat(chat_ctx=question) as reply:
            async for _ in reply:
                pass
    except APIError:
        return False
    return True
