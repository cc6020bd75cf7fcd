"""A JSON schema as written in a role's file, where YAML leaves every scalar as text. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_WHOLE = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_TRUTHS = ("additionalProperties", "uniqueItems", "nullable")
_VALUES = ("enum", "const", "default", "examples")


def typed_schema(schema: object) -> Any:
    """Convert text to numbers and booleans where the schema's keywords want them. What does not fit stays."""
    if isinstance(schema, list):
        return [typed_schema(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    wanted = _converter(schema.get("type"))
    return {name: _typed(name, value, wanted) for name, value in schema.items()}


def _typed(name: str, value: object, wanted: Callable[[str], object]) -> object:
    if name in ("properties", "$defs", "definitions", "patternProperties") and isinstance(value, Mapping):
        return {key: typed_schema(part) for key, part in value.items()}
    if name in _VALUES:
        return [_tried(wanted, each) for each in value] if isinstance(value, list) else _tried(wanted, value)
    for names, convert in ((_WHOLE, int), (_NUMBERS, _number), (_TRUTHS, _truth)):
        if name in names:
            return _tried(convert, value) if isinstance(value, str) else typed_schema(value)
    return typed_schema(value)


def _converter(kind: object) -> Callable[[str], object]:
    known: dict[object, Callable[[str], object]] = {"integer": int, "number": _number, "boolean": _truth}
    kinds = kind if isinstance(kind, list) else [kind]
    return next((known[one] for one in kinds if isinstance(one, str) and one in known), str)


def _tried(convert: Callable[[str], object], value: object) -> object:
    try:
        return convert(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"
