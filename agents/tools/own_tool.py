"""One of a role's own tools, whatever kind it is. Pure."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry

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
    """What one use of a tool gets in addition to its arguments.

    `context` is LiveKit's RunContext. `key` is the idempotency key: the same when a use is tried again.
    """

    context: Any
    key: str


Work = Callable[[dict[str, Any], Use], Awaitable[object]]
"""Carries a use out, and returns the answer. Raises: NotDone, MaybeDone, and unforeseen errors."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How a tool may be used; the fields are those of `agents.tools.fields.ToolFields`."""

    limit_s: float
    once: bool = False
    confirm: bool = False
    secret: frozenset[str] = frozenset()
    says: str | None = None
    from_keys: Mapping[str, str] = field(default_factory=dict)


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

    @property
    def asked_parameters(self) -> Mapping[str, Any]:
        """The schema of what the model fills in: every parameter except those that the caller types."""
        typed, schema = self.policy.from_keys, self.parameters
        if not typed:
            return schema
        properties = {name: each for name, each in schema["properties"].items() if name not in typed}
        required = [name for name in schema.get("required", ()) if name not in typed]
        return {**schema, "properties": properties, "required": required}

    def with_typed(self, arguments: Mapping[str, Any], typed: Mapping[str, str]) -> dict[str, Any]:
        """Add the numbers that the caller typed, by parameter, converted to the parameters' types."""
        properties = self.parameters["properties"]
        numbers = {
            name: int(digits) if properties[name].get("type") in ("integer", "number") else digits
            for name, digits in typed.items()
        }
        return {**arguments, **numbers}

    def masked(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments with the values of secret ones masked."""
        return {name: _MASK if name in self.policy.secret else value for name, value in arguments.items()}

    def without_secrets(self, text: str, arguments: Mapping[str, Any]) -> str:
        """Mask the values of secret arguments in one of the tool's texts."""
        values = {part for name in self.policy.secret & arguments.keys() for part in _parts(arguments[name])}
        for value in sorted(values, key=len, reverse=True):
            for written in (value, json.dumps(value)[1:-1], quote(value, safe="")):
                text = text.replace(written, _MASK)
        return text

    def given(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Normalize a model's arguments, so that equal ones are recognized as equal.

        A model may write null for what it leaves out, 1.0 for 1, and half a letter.
        """
        written = json.dumps(arguments, ensure_ascii=False, default=str).encode(errors="replace")
        whole: dict[str, Any] = json.loads(written, parse_float=_whole)
        required = self.parameters.get("required", ())
        return {
            name: value
            for name, value in whole.items()
            if value is not None or name in required or self.takes(name, value)
        }

    def takes(self, name: str, value: object) -> bool:
        """Whether the parameter may have this value."""
        return all(list(error.absolute_path)[:1] != [name] for error in self._errors({name: value}))

    def _errors(self, arguments: Mapping[str, Any]) -> Iterator[ValidationError]:
        """Validate without fetching a schema from anywhere, which the validator would do by default."""
        validator = Draft202012Validator(dict(self.parameters), registry=Registry())
        return validator.iter_errors(dict(arguments))

    def misfit(self, arguments: Mapping[str, Any]) -> str | None:
        """Return what is wrong with the arguments, for the model, without their values; None if they fit."""
        try:
            error = next(self._errors(arguments), None)
        except RecursionError:
            return "the arguments are nested too deeply"
        if error is None:
            return None
        place = ".".join(map(str, error.absolute_path)) or "the arguments"
        wanted = json.dumps(error.validator_value, ensure_ascii=False, default=str)[:200]
        return f"{place}: {error.validator} should be {wanted}"


def _whole(number: str) -> float | int:
    value = float(number)
    return int(value) if value.is_integer() else value


def _parts(secret: object) -> Iterator[str]:
    """Yield the values in a secret argument, perhaps a list or an object, that are long enough to mask."""
    if isinstance(secret, Mapping | list):
        for part in secret.values() if isinstance(secret, Mapping) else secret:
            yield from _parts(part)
    elif len(value := str(secret)) >= _SHORTEST_SECRET:
        yield value


def answer_text(answer: object) -> str:
    """Return an answer as text. Replace letters cut in half, which JSON can hold and no store can."""
    text = answer if isinstance(answer, str) else _written(answer)
    return text.encode(errors="replace").decode()


def _written(answer: object) -> str:
    try:
        return json.dumps(answer, ensure_ascii=False, default=str)
    except Exception:  # noqa: BLE001 - the answer may be of any class, with a __str__ of its own
        return f"It answered in a form that cannot be read ({type(answer).__name__})."


def cut(text: str) -> str:
    """Cut an answer for the model: LONGEST_ANSWER characters at most."""
    return text if len(text) <= LONGEST_ANSWER else f"{text[:LONGEST_ANSWER]} … (cut: {len(text)} characters)"
