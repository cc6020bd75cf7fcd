"""The messages between agents have a version, which every change to them must raise."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import BaseModel

from transfer import protocol
from transfer.protocol import Message

KNOWN = {1: "7281ae6177fec9cd", 2: "c277dc0cd18968e4", 3: "76533517700b293e"}
"""A fingerprint of all messages, by version. A new version gets a new entry; a released one stays."""


def messages() -> list[type[BaseModel]]:
    found = [kind for kind in vars(protocol).values() if isinstance(kind, type) and issubclass(kind, Message)]
    return sorted(set(found) - {Message}, key=lambda kind: kind.__name__)


def without_words(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {name: without_words(part) for name, part in schema.items() if name != "description"}
    return [without_words(part) for part in schema] if isinstance(schema, list) else schema


def fingerprint() -> str:
    """Return a fingerprint of fields and methods, without docstrings."""
    told = [without_words(kind.model_json_schema()) for kind in messages()]
    methods = sorted(
        f"{name}={text}"
        for name, text in vars(protocol).items()
        if isinstance(text, str) and text.startswith("baton.")
    )
    return hashlib.sha256(json.dumps([told, methods], sort_keys=True).encode()).hexdigest()[:16]


def test_messages_are_those_of_their_version() -> None:
    assert KNOWN.get(protocol.VERSION) == fingerprint(), (
        "agents of two versions talk with each other while a deployment changes: "
        "raise VERSION in transfer/protocol.py, and add its fingerprint here"
    )
