"""Finds people's words (from briefs, summaries and turns) in texts that must not contain them. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from persistence.records import Handoff, Turn

_RUN = 3  # words in a row that cannot be there by chance
_SHORTEST = 6  # letters; a shorter text can be there by chance


def private_phrases(handoffs: Iterable[Handoff], turns: Iterable[Turn]) -> frozenset[str]:
    """Returns each run of three words of every reason, summary and turn, and shorter texts whole."""
    texts = [turn.text for turn in turns]
    for handoff in handoffs:
        texts += [handoff.reason, *_texts_in(json.loads(handoff.summary or "{}"))]
    return frozenset(phrase for text in texts for phrase in _phrases(text))


def found(private: Iterable[str], texts: Iterable[str]) -> Sequence[str]:
    """Returns the private phrases that occur in the texts."""
    shown = [f" {_plain(text)} " for text in texts]
    return sorted(phrase for phrase in private if any(f" {phrase} " in text for text in shown))


def _texts_in(value: object) -> list[str]:
    """Returns every string in a JSON value, except its keys."""
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _texts_in(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in _texts_in(inner)]
    return [str(value)]


def _phrases(text: str) -> set[str]:
    words = _plain(text).split()
    runs = {" ".join(words[at : at + _RUN]) for at in range(max(1, len(words) - _RUN + 1))}
    return {run for run in runs if len(run) >= _SHORTEST}


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.lower()))
