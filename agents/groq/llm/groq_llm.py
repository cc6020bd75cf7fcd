"""Groq's chat model as LiveKit's LLM: streams, and retries or falls back until the first output."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Never

from groq import AsyncGroq
from livekit.agents import NOT_GIVEN, APIConnectOptions, APIError, NotGivenOr, llm
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS

from agents.groq.breaker import Breaker
from agents.groq.errors import Fault, fault_of, retry_after_s
from agents.groq.livekit_errors import as_livekit_error
from agents.groq.llm.attempt import ChatAttempt, Limits
from agents.groq.llm.fallback import Fallback, next_fallback
from agents.groq.llm.request import ChatRequest, messages_of, tools_of
from agents.groq.preemptive_reply import unsure_reply, until_sure
from settings import GroqSettings

log = logging.getLogger(__name__)

_SHORTEST_TRY_S = 0.2
"""With less time than this until the caller must hear something, no further attempt starts."""


class GroqLLM(llm.LLM[Never]):
    """Groq's chat model over the process's client, which it does not own.

    `model` and `temperature` are the role's; by default the settings'. Every failure becomes LiveKit's
    APIError, within `words_limit_s` of the start if nothing was sent.
    """

    def __init__(
        self,
        client: AsyncGroq,
        settings: GroqSettings,
        *,
        model: str | None = None,
        temperature: float | None = None,
        breaker: Breaker | None = None,
    ) -> None:
        super().__init__()
        self.client, self.settings = client, settings
        self.breaker = breaker or Breaker(settings)
        self._model = model or settings.chat_model
        self._temperature = settings.chat_temperature if temperature is None else temperature

    @property
    def model(self) -> str:
        return self._model

    @property
    def provider(self) -> str:
        return "groq"

    def alternative_to(self, model: str) -> str:
        """The model to fall back to when `model` fails."""
        first, second = self._model, self.settings.second_chat_model
        if first == second:
            second = self.settings.chat_model
        return second if model == first else first

    def chat(
        self,
        *,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool] | None = None,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
        parallel_tool_calls: NotGivenOr[bool] = NOT_GIVEN,
        tool_choice: NotGivenOr[llm.ToolChoice] = NOT_GIVEN,
        extra_kwargs: NotGivenOr[dict[str, Any]] = NOT_GIVEN,
    ) -> GroqLLMStream:
        """Start a reply. LiveKit's retries stay off whatever `conn_options` says: they would repeat words."""
        given = {"tool_choice": tool_choice, "parallel_tool_calls": parallel_tool_calls}
        options = {name: value for name, value in given.items() if value is not NOT_GIVEN}
        if isinstance(extra_kwargs, dict):
            options |= extra_kwargs
        request = ChatRequest(
            self._model, self._temperature, messages_of(chat_ctx), tools_of(tools or []), options
        )
        return GroqLLMStream(self, request, chat_ctx=chat_ctx, tools=tools or [])

    async def _prewarm_impl(self) -> None:
        await self.client.models.list()


class GroqLLMStream(llm.LLMStream):
    """One reply. Retries until words or a tool call have been sent; a later failure is final."""

    def __init__(
        self, chat: GroqLLM, request: ChatRequest, *, chat_ctx: llm.ChatContext, tools: Sequence[llm.Tool]
    ) -> None:
        super().__init__(
            chat, chat_ctx=chat_ctx, tools=list(tools), conn_options=APIConnectOptions(max_retry=0)
        )
        self._chat, self._request = chat, request

    async def _run(self) -> None:
        try:
            await self._reply()
        except APIError as error:
            limited = fault_of(error) in {Fault.LIMITED, Fault.DAY_SPENT}
            if not limited or self._event_ch.output_sent or unsure_reply() is None:
                raise
            # A limit refused a guess. If the turn ends with the same words, request the reply again.
            await until_sure()
            await self._reply()

    async def _reply(self) -> None:
        settings, now = self._chat.settings, asyncio.get_running_loop().time
        breaker = self._chat.breaker
        words_by, whole_by = now() + settings.words_limit_s, now() + settings.answer_limit_s
        request, used = self._request, self._unusable_fallbacks()
        model = breaker.pick(request.model, self._chat.alternative_to(request.model))
        request = replace(request, model=model)
        while True:
            first_by = min(now() + settings.first_token_limit_s, words_by)
            answer = ChatAttempt(
                request, Limits(first_by, settings.chunk_limit_s, whole_by), self._event_ch.send_nowait
            )
            try:
                await answer.read(self._chat.client)
                return breaker.record_success(request.model)
            except Exception as error:
                breaker.record_failure(request.model, error)
                fault, wait_s = fault_of(error), retry_after_s(error)
                left_s = words_by - now() - _SHORTEST_TRY_S
                fallback = self._fallback(fault, used, wait_s, left_s)
                _log_failure(request, fault, wait_s, fallback)
                failure = as_livekit_error(error)
                if fallback is None:
                    failure.retryable = failure.retryable and not self._event_ch.output_sent
                    raise failure from error
            if fallback is Fallback.RETRY_AFTER_WAIT:
                await asyncio.sleep(wait_s or 0)
            used.add(fallback)
            request = request.after(fallback, second_model=self._chat.alternative_to(request.model))

    def _fallback(
        self, fault: Fault, used: set[Fallback], wait_s: float | None, left_s: float
    ) -> Fallback | None:
        if self._event_ch.output_sent or left_s <= 0:
            return None
        wait_limit_s = min(self._chat.settings.retry_wait_limit_s, left_s)
        return next_fallback(fault, used, wait_s=wait_s, wait_limit_s=wait_limit_s)

    def _unusable_fallbacks(self) -> set[Fallback]:
        """Return the fallbacks that would change nothing for this request."""
        unusable = set()
        if not self._request.tools:
            unusable.add(Fallback.WITHOUT_TOOLS)
        if self._chat.alternative_to(self._request.model) == self._request.model:
            unusable.add(Fallback.SECOND_MODEL)
        return unusable


def _log_failure(request: ChatRequest, fault: Fault, wait_s: float | None, fallback: Fallback | None) -> None:
    fields = {"model": request.model, "fault": fault, "retry_after_s": wait_s, "fallback": fallback}
    log.warning("chat completion failed", extra=fields)
