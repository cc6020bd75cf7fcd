"""The privacy check: nothing that agents tell each other about a caller may reach the caller's client. Pure.

What an agent says aloud is for the caller. This check covers everything else that a client can receive.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from local.caller.inbox import Received
from persistence.records import Handoff

_NEVER = {"text stream", "byte stream", "data", "data track", "transcription", "digits", "rpc"}
"""Baton sends none of these to a caller, so each one is a leak, whatever its content."""

_RUN = 3  # this many equal words in a row are no coincidence
_SHORTEST = 4  # letters; a shorter phrase may be a coincidence


def leaks(received: Iterable[Received], handoffs: Sequence[Handoff]) -> Sequence[Received]:
    """Return what the caller should not have received: any message, and anything that repeats a brief."""
    private = {
        phrase for handoff in handoffs for text in _private_texts(handoff) for phrase in _phrases(text)
    }
    return tuple(item for item in received if item.kind in _NEVER or _repeats(item, private))


def _repeats(item: Received, private: set[str]) -> bool:
    shown = f" {_plain(item.topic)} {_plain(item.text)} "
    return any(f" {phrase} " in shown for phrase in private)


def _private_texts(handoff: Handoff) -> list[str]:
    return [handoff.reason, *_texts_in(json.loads(handoff.summary or "{}"))]


def _texts_in(value: object) -> list[str]:
    """Return every value in a JSON structure as a string, without nulls."""
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _texts_in(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in _texts_in(inner)]
    return [str(value)] if value is not None else []


def _phrases(text: str) -> set[str]:
    """Return every run of three words with at least four letters. A shorter text counts as one run."""
    words = _plain(text).split()
    runs = {" ".join(words[at : at + _RUN]) for at in range(max(1, len(words) - _RUN + 1))}
    return {run for run in runs if len(run) >= _SHORTEST}


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.lower()))
