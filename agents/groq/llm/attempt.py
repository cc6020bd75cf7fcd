"""One attempt at a reply: asks Groq and forwards the stream, within three timeouts."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from groq import AsyncGroq
from groq.types import CompletionUsage as GroqUsage
from groq.types.chat import ChatCompletionChunk
from groq.types.chat.chat_completion_chunk import Choice
from httpx import Headers
from livekit.agents.llm import ChatChunk, ChoiceDelta, CompletionUsage

from agents.groq.errors import BadAnswer, Fault
from agents.groq.llm.reply_text import ReplyText
from agents.groq.llm.request import ChatRequest
from agents.groq.llm.tool_calls import ToolCallAssembler
from agents.groq.tts.spoken.form import speakable

log = logging.getLogger(__name__)

AFTER_FINISH_S = 0.25
"""How long to wait for the end of the stream once the reply is complete. The end brings the usage and keeps
the connection reusable. The words have already been sent to speech."""

_RATE_HEADERS = ("x-ratelimit-remaining-requests", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens")


@dataclass(frozen=True, slots=True)
class Limits:
    """`words_by` and `whole_by` are on the loop's clock; `chunk_s` is the longest gap between chunks."""

    words_by: float
    chunk_s: float
    whole_by: float


class ChatAttempt:
    """Reads one response. Sends words as they arrive, and tool calls once complete and checked."""

    def __init__(self, request: ChatRequest, limits: Limits, send: Callable[[ChatChunk], None]) -> None:
        self._request, self._limits, self._send = request, limits, send
        self._calls = ToolCallAssembler()
        self._groq_id = ""
        self._text = ReplyText()
        self._began = self._spoke = self._finished = self._at_limit = False
        self._leading = ""  # content before the first speakable character

    async def read(self, client: AsyncGroq) -> None:
        """Read the response to its end.

        Raises: what Groq, httpx or a timeout raises, and BadAnswer for an unusable response.
        """
        headers = Headers()
        try:
            async with asyncio.timeout_at(self._limits.words_by) as limit:
                fields = self._request.fields()
                async with await client.chat.completions.create(stream=True, **fields) as stream:
                    headers = stream.response.headers
                    async for chunk in stream:
                        self._take(chunk)
                        limit.reschedule(self._next_limit())
        except Exception:
            if not self._finished:
                raise
        finally:
            self._log(headers)
        if not self._finished:
            raise BadAnswer(Fault.CUT_SHORT)

    def _next_limit(self) -> float:
        now = asyncio.get_running_loop().time()
        if self._finished:
            return now + AFTER_FINISH_S
        if not self._began:
            return self._limits.words_by
        return min(now + self._limits.chunk_s, self._limits.whole_by)

    def _take(self, chunk: ChatCompletionChunk) -> None:
        if chunk.x_groq is not None:
            self._groq_id = chunk.x_groq.id or self._groq_id
            if chunk.x_groq.error:
                raise BadAnswer(Fault.BROKEN)
        for choice in chunk.choices:
            self._take_choice(chunk.id, choice)
        if usage := chunk.usage or (chunk.x_groq.usage if chunk.x_groq else None):
            self._send(ChatChunk(id=chunk.id, usage=_usage(usage)))

    def _take_choice(self, chunk_id: str, choice: Choice) -> None:
        if words := self._words(choice.delta.content or ""):
            self._began = self._spoke = True
            self._send_words(chunk_id, self._text.push(words))
        for piece in choice.delta.tool_calls or ():
            self._began = True
            self._calls.add(piece)
        if choice.finish_reason and not self._finished:
            self._at_limit = choice.finish_reason == "length"
            self._finish(chunk_id)

    def _words(self, content: str) -> str:
        """Return the words to send. Blanks, dots and emoji alone are held back: a retry is still possible."""
        if self._spoke:
            return content
        self._leading = (self._leading + content).lstrip()
        return self._leading if speakable(self._leading) else ""

    def _send_words(self, chunk_id: str, words: str) -> None:
        if words:
            self._send(ChatChunk(id=chunk_id, delta=ChoiceDelta(role="assistant", content=words)))

    def _finish(self, chunk_id: str) -> None:
        calls = self._calls.checked(self._request.offered, cut=self._at_limit)
        if not self._at_limit or calls:  # tool calls come after all words
            self._send_words(chunk_id, self._text.rest())
        elif not self._text.is_whole:
            raise BadAnswer(Fault.CUT_SHORT)
        if calls:
            self._send(ChatChunk(id=chunk_id, delta=ChoiceDelta(role="assistant", tool_calls=calls)))
        elif not self._spoke:
            raise BadAnswer(Fault.CUT_SHORT)
        self._finished = True

    def _log(self, headers: Headers) -> None:
        rates = {name.replace("-", "_"): headers[name] for name in _RATE_HEADERS if name in headers}
        fields = {
            "model": self._request.model,
            "groq_id": self._groq_id,
            "whole": self._finished,
            "at_limit": self._at_limit,
        }
        log.info("chat completion ended", extra=fields | rates)


def _usage(usage: GroqUsage) -> CompletionUsage:
    prompt, completion = usage.prompt_tokens_details, usage.completion_tokens_details
    return CompletionUsage(
        completion_tokens=usage.completion_tokens or 0,
        prompt_tokens=usage.prompt_tokens or 0,
        prompt_cached_tokens=(prompt.cached_tokens if prompt else 0) or 0,
        reasoning_tokens=(completion.reasoning_tokens if completion else 0) or 0,
        total_tokens=usage.total_tokens or 0,
    )
