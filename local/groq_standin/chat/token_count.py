"""Counts the tokens of a chat request and its answer. Pure.

There is no tokenizer: four characters count as a token, the usual rule of thumb for English.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from local.groq_standin.chat.generation import REASONING, TOKENS_OF_CALL, Completion
from local.groq_standin.chat.request import ChatRequest

_CHARACTERS = 4
_EACH_MESSAGE = 4  # tokens that mark a message's role and end


@dataclass(frozen=True, slots=True)
class TokenCount:
    """`prompt` includes `cached`."""

    prompt: int
    cached: int
    completion: int = 0

    @property
    def counted(self) -> int:
        """The tokens that count towards the limits: all but the cached ones."""
        return self.prompt - self.cached + self.completion


def prompt_parts(request: ChatRequest) -> Iterator[tuple[str, int]]:
    """Yield the prompt's parts from its beginning, each with its token count. Tools come first."""
    if request.tools:
        tools = json.dumps([tool.model_dump() for tool in request.tools])
        yield tools, _tokens(tools)
    for message in request.messages:
        calls = message.tool_calls if message.role == "assistant" else None
        text = json.dumps([message.role, message.text, [call.model_dump() for call in calls or []]])
        yield text, _tokens(message.text) + TOKENS_OF_CALL * len(calls or []) + _EACH_MESSAGE


def completion_tokens(made: Completion) -> int:
    return len(REASONING.split()) + len(made.tokens) + TOKENS_OF_CALL * len(made.calls)


def _tokens(text: str) -> int:
    return -(-len(text) // _CHARACTERS)
