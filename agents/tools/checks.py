"""Checks a tool against what the model's provider accepts. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator, SchemaError
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from agents.tools.fact import ASK_FOR_DIGITS, PRESS_KEYS
from agents.tools.refused import Refused

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_REFERENCES = ("$ref", "$dynamicRef")
_EXAMPLES = ("enum", "const", "default", "examples")
BUILT_IN = (
    "transfer_call",
    "end_call",
    "search_knowledge",
    "promise_call_back",
    "take_message",
    ASK_FOR_DIGITS,
    PRESS_KEYS,
)


def check_tool(name: str, description: str, parameters: Mapping[str, Any]) -> None:
    """Check a tool's name, description and parameters. Raises: Refused, with the field as in an HTTP tool."""
    check_name(name, field=("http", "name"))
    if not any(letter.isalnum() for letter in description):
        right = "say in words what it does and when: the model chooses by them"
        raise Refused(f"{name} has no description", right, field=("http", "description"))
    if wrong_right := _wrong_with_schema(name, parameters):
        raise Refused(*wrong_right, field=("http", "parameters"))


def check_name(name: str, *, field: tuple[str, ...]) -> None:
    """Raises: Refused, if the model's provider does not accept the name, or a tool of Baton's has it."""
    if not _NAME.fullmatch(name):
        right = "write up to 64 of a to z, A to Z, 0 to 9, _ and -"
        raise Refused(f"{name[:80]!r} is no name for a tool", right, field=field)
    if name in BUILT_IN:
        right = "give it another name, or leave it out"
        raise Refused(f"{name} is a tool of Baton's own", right, field=field)


def _wrong_with_schema(name: str, parameters: Mapping[str, Any]) -> tuple[str, str] | None:
    if parameters.get("type") != "object" or not isinstance(parameters.get("properties", {}), Mapping):
        return f"the parameters of {name} are no object", "write type: object, and properties:"
    try:
        Draft202012Validator.check_schema(dict(parameters))
    except RecursionError:
        return f"the parameters of {name} are nested too deeply", "write them flatter"
    except SchemaError as error:
        place = ".".join(map(str, error.absolute_path)) or "parameters"
        return (
            f"the parameters of {name} are no JSON schema ({place})",
            "correct it: json-schema.org says how",
        )
    if (reference := _leads_nowhere(parameters)) is not None:
        right = "point into the schema itself, such as #/$defs/address: no other document is fetched"
        return f"the parameters of {name} refer to {reference[:80]!r}, which is not there", right
    unknown = sorted(set(parameters.get("required", ())) - set(parameters.get("properties", {})))
    if unknown:
        return f"{name} requires the unknown parameter {unknown[0]!r}", "add it to properties, or remove it"
    return None


def _leads_nowhere(parameters: Mapping[str, Any]) -> str | None:
    """Return a reference that the schema does not resolve by itself; None: there is none."""
    resource = DRAFT202012.create_resource(parameters)
    resolver = Registry().resolver_with_root(resource)
    for reference in _references(parameters):
        try:
            resolver.lookup(reference)
        except (Unresolvable, ValueError):  # ValueError: not an address
            return reference
    return None


def _references(schema: object) -> Iterator[str]:
    if isinstance(schema, list):
        for part in schema:
            yield from _references(part)
    if isinstance(schema, Mapping):
        for name, value in schema.items():
            if name in _REFERENCES and isinstance(value, str):
                yield value
            elif name not in _EXAMPLES:
                yield from _references(value)


def unknown_parameter(named: Collection[str], parameters: Mapping[str, Any]) -> str | None:
    """Return the first of these names that is not a parameter; None: all are."""
    return next((name for name in named if name not in parameters.get("properties", {})), None)
