"""A tool of a role's own, whatever it is made of. Pure."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator

LONGEST_ANSWER = 4_000
"""Characters of an answer that the model is given: about 1,000 tokens."""

_MASK = "•••"
_SHORTEST_SECRET = 3
"""A shorter value would mask half of an answer's letters."""


class NotDone(Exception):
    """The tool says that nothing has happened. The text is for the model: what is wrong."""


class MaybeDone(Exception):
    """The tool broke off: nobody knows what has happened. The text is for the model."""


@dataclass(frozen=True, slots=True)
class Use:
    """What one use of a tool is given besides its arguments.

    `context` is LiveKit's RunContext. `key` is the idempotency key: the same when a use is tried again.
    """

    context: Any
    key: str


Work = Callable[[dict[str, Any], Use], Awaitable[object]]
"""Carries a use out, and returns the answer. Raises: NotDone, MaybeDone, and errors that nobody foresaw."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How a tool may be used; the fields are those of `agents.tools.fields.ToolFields`."""

    limit_s: float
    once: bool = False
    confirm: bool = False
    secret: frozenset[str] = frozenset()
    says: str | None = None


@dataclass(frozen=True, slots=True)
class OwnTool:
    """`parameters`: a JSON schema of type object. `kind`: python, http or mcp. `where`: its file and line.

    `reach`: the host and port of an HTTP tool.
    """

    name: str
    description: str
    parameters: Mapping[str, Any]
    policy: Policy
    kind: str
    where: str
    work: Work
    reach: tuple[str, int] | None = None

    def masked(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments without the values of secret ones."""
        return {name: _MASK if name in self.policy.secret else value for name, value in arguments.items()}

    def without_secrets(self, text: str, arguments: Mapping[str, Any]) -> str:
        """A text of the tool's, in which the values of secret arguments are masked."""
        for name in self.policy.secret & arguments.keys():
            if len(value := str(arguments[name])) >= _SHORTEST_SECRET:
                text = text.replace(value, _MASK)
        return text

    def misfit(self, arguments: Mapping[str, Any]) -> str | None:
        """What is wrong with the arguments, for the model, without their values; None if they fit."""
        error = next(Draft202012Validator(dict(self.parameters)).iter_errors(dict(arguments)), None)
        if error is None:
            return None
        place = ".".join(map(str, error.absolute_path)) or "the arguments"
        wanted = json.dumps(error.validator_value, ensure_ascii=False, default=str)[:200]
        return f"{place}: {error.validator} should be {wanted}"


def answer_text(answer: object) -> str:
    """An answer as the model reads it, cut at LONGEST_ANSWER characters."""
    if isinstance(answer, str):
        text = answer
    else:
        try:
            text = json.dumps(answer, ensure_ascii=False, default=str)
        except (TypeError, ValueError):
            text = str(answer)
    return text if len(text) <= LONGEST_ANSWER else f"{text[:LONGEST_ANSWER]} … (cut: {len(text)} characters)"
