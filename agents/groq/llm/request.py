"""A chat request, as the fields of Groq's API. Pure: no I/O, no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from livekit.agents.llm import ChatContext, Tool, ToolContext

from agents.groq.llm.fallback import Fallback

MAX_COMPLETION_TOKENS = 512
"""Tokens of one reply: about 80 for 20 seconds of speech (60 words), 60 for a tool call, and the rest for the
reasoning, which gpt-oss counts though nobody reads it."""
TEMPERATURE_DIVISOR = 4
"""The divisor of the temperature after a failed tool call."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One attempt's request. `options` are further fields, such as tool_choice."""

    model: str
    temperature: float
    messages: Sequence[Mapping[str, Any]]
    tools: Sequence[Mapping[str, Any]] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def offered(self) -> frozenset[str]:
        """The names of the tools that the model may call."""
        return frozenset(tool["function"]["name"] for tool in self.tools)

    def after(self, fallback: Fallback, *, second_model: str) -> ChatRequest:
        """Return this request as `fallback` changes it."""
        match fallback:
            case Fallback.LOWER_TEMPERATURE:
                return replace(self, temperature=self.temperature / TEMPERATURE_DIVISOR)
            case Fallback.WITHOUT_TOOLS:
                return replace(self, tools=())
            case Fallback.SECOND_MODEL:
                return replace(self, model=second_model)
            case Fallback.RETRY | Fallback.RETRY_AFTER_WAIT:
                return self

    def fields(self) -> dict[str, Any]:
        """Return the API's fields. The constant messages come first: Groq caches exact prefixes."""
        fields: dict[str, Any] = {"model": self.model, "max_completion_tokens": MAX_COMPLETION_TOKENS}
        fields |= {**reasoning(self.model), **self.options}
        if self.tools:
            fields["tools"] = self.tools
        else:
            fields.pop("tool_choice", None)
            fields.pop("parallel_tool_calls", None)
        return fields | {"temperature": self.temperature, "messages": self.messages}


def reasoning(model: str) -> dict[str, Any]:
    """Set gpt-oss to low, hidden reasoning. Other models reject these fields."""
    if "gpt-oss" not in model:
        return {}
    return {"reasoning_effort": "low", "include_reasoning": False}


def messages_of(chat_ctx: ChatContext) -> list[dict[str, Any]]:
    """Convert LiveKit's history to Groq's messages, without reasoning."""
    messages, _ = chat_ctx.to_provider_format("openai")
    return [_message(message) for message in messages]


def tools_of(tools: Sequence[Tool]) -> list[dict[str, Any]]:
    """Convert LiveKit's tools to Groq's. Not strict: Groq supports strict only for json_schema."""
    return ToolContext(list(tools)).parse_function_tools("openai", strict=False)


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    kept = _without_extra(message)
    if kept["role"] == "developer":
        kept["role"] = "system"
    if "tool_calls" in kept:
        kept["tool_calls"] = [_without_extra(call) for call in kept["tool_calls"]]
    return kept


def _without_extra(part: Mapping[str, Any]) -> dict[str, Any]:
    """Drop what other providers attached, such as thought signatures: Groq rejects unknown fields."""
    return {name: value for name, value in part.items() if name != "extra_content"}
