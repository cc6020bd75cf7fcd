"""Cuts an answer of more than about 20 s into a first part and a rest, which the caller may ask for. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from agents.groq.tts.sentences import part_of
from agents.groq.tts.spoken.form import spoken_form
from agents.session.barge_in_transcript import CHARACTERS_A_SECOND

PART_S = 20.0
"""Seconds of speech after which a caller is asked whether to go on."""

_ALLOWANCE = 1.25
"""An answer that is longer only by this factor is said whole: a question would hardly shorten it."""

_PART = round(PART_S * CHARACTERS_A_SECOND)
_KEPT = 8
"""The most answers under way that are kept; most were prepared ahead and dropped."""

_YES = {"yes", "yeah", "yep", "yup", "aye", "sure", "okay", "ok", "alright", "right", "fine", "absolutely"}
_MORE = {"go", "on", "ahead", "carry", "keep", "going", "continue", "proceed", "more", "the", "rest"}
_BESIDE = {
    "please",
    "do",
    "of",
    "course",
    "by",
    "all",
    "means",
    "i'd",
    "like",
    "to",
    "hear",
    "that",
    "it",
    "and",
}
_LONGEST_YES = 8
_WORD = re.compile(r"[\w'-]+")


@dataclass
class LongAnswer:
    """One reply on its way to speech. `push` its words as they come; after the last, call `end` once."""

    _passed: str = field(default="", init=False)
    _held: str = field(default="", init=False)

    def push(self, words: str) -> str:
        """Return what may be said now: everything, as long as the answer is short."""
        if self._held or _length(self._passed + words) > _PART:
            self._held += words
            return ""
        self._passed += words
        return words

    def end(self, *, ask: bool) -> tuple[str, str]:
        """Return what is said now as well, and the rest, which is empty unless we may `ask` the caller."""
        text, passed = self._passed + self._held, len(self._passed)
        if not ask or _length(text) <= _ALLOWANCE * _PART:
            size = len(text)
        else:
            size = part_of(text, least=passed, most=round(_PART * len(text) / _length(text)))
        said, left = text[passed:size].rstrip(), text[size:].lstrip()
        self._passed += said
        return said, left

    @property
    def said(self) -> str:
        """The words that were returned so far."""
        return self._passed


def _length(text: str) -> int:
    return len(spoken_form(text))


class OpenAnswers:
    """What is left of long answers, for callers who want to hear it. The model's context does not have it."""

    def __init__(self) -> None:
        self._left: dict[str, str] = {}  # by the part that was said, with its question

    def keep(self, said: str, left: str) -> None:
        self._left[_plain(said)] = left
        for oldest in list(self._left)[:-_KEPT]:
            del self._left[oldest]

    def left_of(self, said: str) -> str | None:
        """Return the rest of an answer whose question was heard; None if it has no rest."""
        return self._left.get(_plain(said))


def _plain(text: str) -> str:
    return " ".join(text.split())


def is_yes(words: str) -> bool:
    """Whether the caller says that the agent should continue, and nothing else."""
    said = _WORD.findall(words.lower())
    known = _YES | _MORE | _BESIDE
    wants = any(word in _YES | _MORE for word in said) or "please" in said
    return wants and len(said) <= _LONGEST_YES and all(word in known for word in said)
