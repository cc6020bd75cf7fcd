"""What is asked of the chat model, as the fields of Groq's request. Pure: no I/O, no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from livekit.agents.llm import ChatContext, Tool, ToolContext

from agents.groq.llm.fallback import Fallback

COOLING = 4
"""By how much the temperature is divided after a tool call that failed."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One try at a reply. `options` are further fields of the request, such as tool_choice."""

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
        """Ask the same as `fallback` has it."""
        match fallback:
            case Fallback.LOWER_TEMPERATURE:
                return replace(self, temperature=self.temperature / COOLING)
            case Fallback.WITHOUT_TOOLS:
                return replace(self, tools=())
            case Fallback.SECOND_MODEL:
                return replace(self, model=second_model)
            case Fallback.RETRY | Fallback.RETRY_AFTER_WAIT:
                return self

    def fields(self) -> dict[str, Any]:
        """Return the request's fields. Messages begin with what never changes: Groq caches exact prefixes."""
        fields: dict[str, Any] = {"model": self.model, **reasoning(self.model), **self.options}
        if self.tools:
            fields["tools"] = self.tools
        else:
            fields.pop("tool_choice", None)
            fields.pop("parallel_tool_calls", None)
        return fields | {"temperature": self.temperature, "messages": self.messages}


def reasoning(model: str) -> dict[str, Any]:
    """How much gpt-oss thinks before it speaks: little, and unseen. Other models refuse these fields."""
    if "gpt-oss" not in model:
        return {}
    return {"reasoning_effort": "low", "include_reasoning": False}


def messages_of(chat_ctx: ChatContext) -> list[dict[str, Any]]:
    """LiveKit's history as Groq takes it; reasoning is not part of it."""
    messages, _ = chat_ctx.to_provider_format("openai")
    return [_message(message) for message in messages]


def tools_of(tools: Sequence[Tool]) -> list[dict[str, Any]]:
    """LiveKit's tools as Groq takes them: not strict, which Groq knows for json_schema alone."""
    return ToolContext(list(tools)).parse_function_tools("openai", strict=False)


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    kept = _without_extra(message)
    if kept["role"] == "developer":
        kept["role"] = "system"
    if "tool_calls" in kept:
        kept["tool_calls"] = [_without_extra(call) for call in kept["tool_calls"]]
    return kept


def _without_extra(part: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what other providers attached, such as thought signatures: Groq refuses unknown fields."""
    return {name: value for name, value in part.items() if name != "extra_content"}
