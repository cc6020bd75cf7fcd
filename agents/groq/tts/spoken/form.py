"""Which parts of a text can be spoken, and with which words. Pure."""

from __future__ import annotations

from agents.groq.tts.spoken import (
    abbreviations,
    ids,
    measures,
    moments,
    money,
    numbers,
    places,
    symbols,
    web,
)
from agents.groq.tts.spoken.layout import tidied, without_layout
from agents.groq.tts.spoken.rule import apply_all

_RULES = (
    *web.RULES,
    *abbreviations.RULES,
    *places.RULES,
    *moments.RULES,
    *money.RULES,
    *numbers.BEFORE_MEASURES,
    *measures.RULES,
    *numbers.ORDINALS,
    *ids.RULES,
    *numbers.RULES,
    *symbols.RULES,
)
"""Applied in this order: the words of one rule hold no digit or sign that a later rule would match."""


def speakable(text: str) -> str:
    """Remove markdown, emoji, directions and line breaks; empty if nothing speakable remains."""
    return tidied(without_layout(text))


def spoken_form(text: str) -> str:
    """Write `text` as the English words that a reader says: AB-12 → A B, one two. Marks are not said.

    The words of one number, date or address are joined by `rule.UNBROKEN`: no piece may end between them.
    """
    return tidied(apply_all(_RULES, without_layout(text)))
