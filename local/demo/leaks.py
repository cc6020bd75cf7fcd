"""The privacy check: nothing of what agents tell each other of a caller may reach the caller's client. Pure.

What an agent says aloud is for the caller; here it is about everything else that a client can receive.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from local.caller.inbox import Received
from persistence.records import Handoff

_NEVER = {"text stream", "byte stream", "data", "data track", "transcription", "digits", "rpc"}
"""Baton sends none of these to a caller, so each is a leak, whatever it says."""

_RUN = 3  # words in a row that cannot be there by chance
_SHORTEST = 4  # letters, as much as that


def leaks(received: Iterable[Received], handoffs: Sequence[Handoff]) -> Sequence[Received]:
    """What should not have come: any message at all, and anything that repeats a brief."""
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
    """Every text in a JSON value, whatever its shape."""
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _texts_in(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in _texts_in(inner)]
    return [str(value)] if value is not None else []


def _phrases(text: str) -> set[str]:
    """Each run of three words; a shorter text as a whole, unless it is a mere number or the like."""
    words = _plain(text).split()
    runs = {" ".join(words[at : at + _RUN]) for at in range(max(1, len(words) - _RUN + 1))}
    return {run for run in runs if len(run) >= _SHORTEST}


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.lower()))
